"""Word and its kin: a wing that reads documents of word processors as entries.

The core loads it by name in the process that reads such a file, and only then; what it needs
beyond the core is in the extra `word`. A `.docx` goes through mammoth, an `.odt` is close
enough to HTML to be rewritten here; both end as HTML that the core's sanitizer makes safe.
"""
