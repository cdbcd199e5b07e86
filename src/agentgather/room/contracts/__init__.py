"""The room's contracts: named documents in versions, who depends on them from which side, and who knows of what broke."""
