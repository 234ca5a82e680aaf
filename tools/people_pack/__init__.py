"""The pack of rendered people that ships: `python -m tools.people_pack FOREGROUNDS PHOTOGRAPHS`."""
