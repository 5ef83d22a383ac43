"""What organisations may do: declarative files in, decisions out.

``engine`` is the interface that every engine fulfils, ``guard`` the wrapper that no engine gets around. The declarative
engine reads ``policies/*.toml``: ``loading`` takes the files in, ``language`` and ``positions`` turn them into a
checked ``ruleset`` or into errors with file and line, ``declarative`` compiles that into something quick.
"""
