"""Egnatia: the regional security exchange of the Western Balkans."""
