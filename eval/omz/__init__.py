"""The Open Model Zoo's files: those of its accuracy_checker written, its descriptions of models read.

pairing, accuracy_check <- export; findings <- model_yml, accuracy_yml <- job
"""
