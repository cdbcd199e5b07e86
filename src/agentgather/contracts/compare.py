"""The one question of this package: what is different, and whom does it break?"""

from __future__ import annotations

from agentgather.contracts.difference import Comparison, Verdict
from agentgather.contracts.document import Document, Format
from agentgather.contracts.findings import Findings, Stance
from agentgather.contracts.places import place_of
from agentgather.contracts.schema_comparison import SchemaComparison
from agentgather.contracts.unfit import Unfit


def compare(old: Document, new: Document) -> Comparison:
    """What differs between two versions of a contract. Raises Unfit (`too_complex`)."""
    findings = Findings()
    if old.format is not new.format:
        breaking = Verdict.BREAKING
        findings.tell("", "format", was=old.format.value, now=new.format.value, consumer=breaking, producer=breaking)
        return findings.comparison()
    try:
        schemas = SchemaComparison(findings, old=old.references, new=new.references)
        if old.format is Format.JSON_SCHEMA:
            was = place_of(old.root, "", old.references).settled()
            now = place_of(new.root, "", new.references).settled()
            schemas.compare(was, now, stance=Stance())
        else:
            from agentgather.contracts.api_comparison import ApiComparison

            ApiComparison(schemas).compare(old, new)
    except RecursionError:
        raise Unfit("too_complex", "the two versions are nested too deep to be compared") from None
    return findings.comparison()
