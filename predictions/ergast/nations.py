"""What constructors of a country are called: the record has the country, the answer
the nationality.
"""

from typing import Final

NATIONALITIES: Final = {
    "Australia": "Australian",
    "Austria": "Austrian",
    "Belgium": "Belgian",
    "Brazil": "Brazilian",
    "Canada": "Canadian",
    "France": "French",
    "Germany": "German",
    "Hong Kong": "Hong Kong",
    "India": "Indian",
    "Ireland": "Irish",
    "Italy": "Italian",
    "Japan": "Japanese",
    "Malaysia": "Malaysian",
    "Mexico": "Mexican",
    "Netherlands": "Dutch",
    "New Zealand": "New Zealander",
    "Russia": "Russian",
    "South Africa": "South African",
    "Spain": "Spanish",
    "Switzerland": "Swiss",
    "United Kingdom": "British",
    "United States of America": "American",
}
