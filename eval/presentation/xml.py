"""Text in XML, such as JUnit's: `xml.etree` escapes markup, but writes characters that XML 1.0 cannot hold."""

from configs.text import visible


def xml_text(text: str) -> str:
    r"""Return text without characters that XML forbids, which are written out, such as `\x1b`."""
    return visible(text, keep="\n\t")
