"""What circuits are also called, beside the names that the record has for them."""

from django.utils.text import slugify

ALSO_CALLED = {
    "austin": "COTA, USA",
    "buddh": "Jaypee, Delhi",
    "catalunya": "Montmelo",
    "hungaroring": "Mogyoród",
    "istanbul": "Türkiye",
    "las-vegas": "Vegas Strip, USA",
    "lusail": "Losail, Doha",
    "melbourne": "Albert Park",
    "mexico-city": "Magdalena Mixhuca",
    "miami": "Hard Rock Stadium, USA",
    "montreal": "Île Notre-Dame",
    "nurburgring": "Nuerburgring, Eifel",
    "portimao": "Autódromo Internacional do Algarve",
    "sepang": "Kuala Lumpur",
    "silverstone": "UK, England, Great Britain",
    "sochi": "Olympic Park",
    "spielberg": "A1-Ring, Österreichring, Zeltweg",
    "yas-marina": "UAE",
    "yeongam": "Mokpo",
}


def called(words: str) -> list[str]:
    """Slugs of the circuits that are also called so."""
    wanted = slugify(words)
    return [
        slug
        for slug, names in ALSO_CALLED.items()
        if wanted and f"-{wanted}" in f"-{slugify(names)}"
    ]
