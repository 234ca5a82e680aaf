"""Samples, their files and layout, and what is checked and recorded of a set.

sample, images, composite, plate, litter <- manifest, elsewhere <- credits, layout
    <- licences, contact_sheet, composition <- verify
"""
