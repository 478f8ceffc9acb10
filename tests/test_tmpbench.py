import resource
import time


def test_b(postgresql_server, migrated_template, capsys):
    a=postgresql_server.admin
    out=[]
    for strat in ("", "STRATEGY FILE_COPY"):
        c=d=0
        for i in range(15):
            t=time.perf_counter(); a.execute(f"CREATE DATABASE x{i} TEMPLATE migrated {strat}"); c+=time.perf_counter()-t
            a.execute("create table if not exists q(a int)")
            t=time.perf_counter(); a.execute(f"DROP DATABASE x{i} WITH (FORCE)"); d+=time.perf_counter()-t
        out.append((strat,round(c/15,4),round(d/15,4)))
    with capsys.disabled(): print(out)
