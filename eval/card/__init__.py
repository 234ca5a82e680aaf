"""The card of a model: what it is for, what it takes and gives, what it scores, under which licences, how to remake it.

language, rights <- content <- commands, front_matter, rows <- page
"""
