"""The demo district: Wuling's case of 2022 with invented organisations."""
