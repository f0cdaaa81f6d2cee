"""The shop's nouns and the rules that hold for them."""
