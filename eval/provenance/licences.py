"""The licence of an installed distribution, as an SPDX expression where its own files tell one.

What a package declares is believed in this order: `License-Expression`, a `License` that is an SPDX expression or says
a well-known one in other words, the words of its licence file, its classifiers. Nothing is guessed beyond that.
"""

import re
from importlib import metadata
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

_WORDS = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "isc license": "ISC",
    "mit license": "MIT",
}
_TEXTS = (
    (r"apache license\W+version 2\.0", "Apache-2.0"),
    (r"mozilla public license\W+v\w+ 2\.0", "MPL-2.0"),
    (r"permission is hereby granted, free of charge, to any person obtaining a copy", "MIT"),
    (r"redistribution and use in source and binary forms.{0,900}(neither the name|the names? of)", "BSD-3-Clause"),
    (r"redistribution and use in source and binary forms", "BSD-2-Clause"),
    (r"permission to use, copy, modify, and(/or)? distribute this software for any purpose", "ISC"),
    (r"psf license agreement|python software foundation license", "PSF-2.0"),
)
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_LICENCE_FILE = re.compile(r"(^|/)(licen[cs]e|copying)[^/]*$", re.IGNORECASE)


def licence_of(distribution: metadata.Distribution) -> str | None:
    """Return the licence of an installed distribution as an SPDX expression; None where none is told in such a form."""
    facts = distribution.metadata
    declared = next((facts[key] for key in ("License-Expression", "License") if key in facts), "")
    stated = _expression(declared) or recognised(declared) or recognised(_licence_text(distribution))
    return stated or _of_classifiers(classifiers_of(distribution))


def classifiers_of(distribution: metadata.Distribution) -> list[str]:
    """Return the licences that a distribution's classifiers name, such as `BSD License`."""
    every = distribution.metadata.get_all("Classifier") or []
    return [each.rpartition(" :: ")[2] for each in every if each.startswith("License :: ")]


def recognised(text: str) -> str | None:
    """Return the one well-known licence whose words a text has, as SPDX; None where it has those of none or several."""
    words = " ".join(text.split()).lower()
    found = [spdx for pattern, spdx in _TEXTS if re.search(pattern, words)]
    if found[:1] == ["BSD-3-Clause"]:
        found.remove("BSD-2-Clause")  # the shorter text is part of the longer
    return found[0] if len(found) == 1 else None


def _expression(declared: str) -> str | None:
    words = " ".join(declared.split())
    if len(words) > 200 or not words:
        return None
    try:
        return str(canonicalize_license_expression(_WORDS.get(words.lower(), words)))
    except InvalidLicenseExpression:
        return None


def _licence_text(distribution: metadata.Distribution) -> str:
    """Return the text of the distribution's licence file, empty where it has none or several."""
    files = [
        path for path in distribution.files or [] if ".dist-info/" in str(path) and _LICENCE_FILE.search(str(path))
    ]
    if len(files) != 1:
        return ""
    try:
        return Path(str(distribution.locate_file(files[0]))).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _of_classifiers(classifiers: list[str]) -> str | None:
    known = {_CLASSIFIERS.get(each) for each in classifiers}
    [only] = known if len(known) == 1 else [None]
    return only
