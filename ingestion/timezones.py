"""The time zone of every circuit that ever held a race: the sources have none."""

EUROPE = {
    "anderstorp": "Stockholm",
    "bremgarten": "Zurich",
    "hungaroring": "Budapest",
    "istanbul": "Istanbul",
    "monaco": "Monaco",
    "sochi": "Moscow",
    **dict.fromkeys(["aintree", "brands-hatch", "donington", "silverstone"], "London"),
    **dict.fromkeys(["avus", "hockenheimring", "nurburgring"], "Berlin"),
    **dict.fromkeys(["spielberg", "zeltweg"], "Vienna"),
    **dict.fromkeys(["nivelles", "spa-francorchamps", "zolder"], "Brussels"),
    "zandvoort": "Amsterdam",
    **dict.fromkeys(
        [
            "bugatti",
            "clermont-ferrand",
            "dijon",
            "magny-cours",
            "paul-ricard",
            "reims",
            "rouen",
        ],
        "Paris",
    ),
    **dict.fromkeys(
        ["catalunya", "jarama", "jerez", "montjuic", "pedralbes", "valencia"], "Madrid"
    ),
    **dict.fromkeys(["imola", "monza", "mugello", "pescara"], "Rome"),
    **dict.fromkeys(["estoril", "monsanto", "portimao", "porto"], "Lisbon"),
}

AMERICA = {
    "austin": "Chicago",
    "dallas": "Chicago",
    "buenos-aires": "Argentina/Buenos_Aires",
    "detroit": "Detroit",
    "indianapolis": "Indiana/Indianapolis",
    "mexico-city": "Mexico_City",
    "phoenix": "Phoenix",
    **dict.fromkeys(["interlagos", "jacarepagua"], "Sao_Paulo"),
    **dict.fromkeys(
        ["caesars-palace", "las-vegas", "long-beach", "riverside"], "Los_Angeles"
    ),
    **dict.fromkeys(["miami", "sebring", "watkins-glen"], "New_York"),
    **dict.fromkeys(["mont-tremblant", "montreal", "mosport"], "Toronto"),
}

TIME_ZONES = {
    **{slug: f"Europe/{city}" for slug, city in EUROPE.items()},
    **{slug: f"America/{city}" for slug, city in AMERICA.items()},
    "adelaide": "Australia/Adelaide",
    "melbourne": "Australia/Melbourne",
    "ain-diab": "Africa/Casablanca",
    **dict.fromkeys(["east-london", "kyalami"], "Africa/Johannesburg"),
    **dict.fromkeys(["aida", "fuji", "suzuka"], "Asia/Tokyo"),
    "bahrain": "Asia/Bahrain",
    "baku": "Asia/Baku",
    "buddh": "Asia/Kolkata",
    "jeddah": "Asia/Riyadh",
    "lusail": "Asia/Qatar",
    "marina-bay": "Asia/Singapore",
    "sepang": "Asia/Kuala_Lumpur",
    "shanghai": "Asia/Shanghai",
    "yas-marina": "Asia/Dubai",
    "yeongam": "Asia/Seoul",
}
