"""The domain of liangxin (两新): which organisations a sub-district has, and which are reached."""
