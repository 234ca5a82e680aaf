"""The synthetic set: drawn figures with exact alpha over photographs and drawn rooms.

raster, photographs <- shapes, textures, plan <- figure, fabrics, backgrounds, rooms <- clothes, face, strands
<- person <- generate <- make
"""
