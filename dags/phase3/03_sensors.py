"""# 3.03 · Sensors

Tasks wait for a supplier file that really arrives: one keeps its slot, one gives it back
between looks, one waits with no slot at all; a file that never comes ends in a skip.

**Level** Beginner · **Time** 15 minutes · **After** `phase3_01_bash_operator` · **Services**
none

## What you will learn

- A **sensor** is a task that waits until something is so: `FileSensor` for a file, `TimeSensor` for
  a time of day, `PythonSensor` for whatever your function asks.
- `mode="poke"` keeps its worker slot while it waits; `mode="reschedule"` gives it back between two
  looks; `deferrable=True` hands the waiting to the **triggerer** and holds no slot at all.
- `poke_interval`: how often to look. `timeout`: when to give up. `exponential_backoff`: look less
  and less often. `soft_fail`: giving up is a skip, not a failure.

## Run it

1. Press **Trigger** and watch the **Grid** for a quarter of a minute: `wait_in_slot` is running,
   `wait_between_looks` is up for reschedule, `wait_without_slot` is deferred.
2. Twelve seconds after the start `drive` ends, `deliver` drops the file, all three turn green.
3. `wait_for_invoice` waits for a file that never comes: after five seconds it turns pink, skipped.
   Its **Logs** show the looks, each wait longer than the one before.
4. Open `wait_between_looks`, **Storage · XCom**: the units that it found in the file.

## Why it is written this way

`clear_folder` removes what the former run got, so that each run really waits; the file then appears
whole, by renaming, so that no sensor sees half of it. `deliver` depends on no sensor: what you wait
for must never wait for you. Use `poke` for seconds, `reschedule` for minutes, and deferrable
wherever the sensor can. Every sensor has a timeout of its own, for the default is seven days, and
another try, for one whose event comes the moment it defers can be taken for ended.

## Next

`phase4_01_xcom_basics` passes values from task to task.
"""

from datetime import time, timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.providers.standard.sensors.time import TimeSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.sdk import DAG, PokeReturnValue

from include.data.supplier_visit import clear_place, leave_file, units_left

FILE = "phase3_03_sensors/wiesel.csv"
WHOLE_PATH = f"{{{{ conn.landing.extra_dejson.path }}}}/{FILE}"


def find_units(path: str) -> PokeReturnValue:
    """Tell whether the delivery is there; if so, how many units it has."""
    units = units_left(path)
    return PokeReturnValue(is_done=units is not None, xcom_value=units)


with DAG(
    dag_id="phase3_03_sensors",
    dag_display_name="03.03 · Sensors",
    description=(
        "Tasks wait for a supplier file that really arrives: one keeps its slot, one gives it back "
        "between looks, one waits with no slot at all; a file that never comes ends in a skip."
    ),
    schedule=None,
    max_active_runs=1,
    default_args={
        "owner": "purchasing",
        "timeout": 120,
        "poke_interval": 1,
        "retries": 1,
        "retry_delay": 1,
        "fs_conn_id": "landing",
    },
    tags=["phase3", "beginner"],
    doc_md=__doc__,
):
    clear_folder = PythonOperator(
        task_id="clear_folder", python_callable=clear_place, op_args=[WHOLE_PATH]
    )
    drive = TimeDeltaSensor(task_id="drive", delta=timedelta(seconds=12), deferrable=True)
    deliver = PythonOperator(task_id="deliver", python_callable=leave_file, op_args=[WHOLE_PATH])

    # Open from the first second of the day on (UTC): set it later to see it wait.
    opening_time = TimeSensor(
        task_id="opening_time", target_time=time(0, 0, 1), mode="reschedule", poke_interval=60
    )
    wait_in_slot = FileSensor(task_id="wait_in_slot", filepath=FILE, mode="poke")
    wait_between_looks = PythonSensor(
        task_id="wait_between_looks",
        python_callable=find_units,
        op_args=[WHOLE_PATH],
        mode="reschedule",
        poke_interval=5,
    )
    wait_without_slot = FileSensor(task_id="wait_without_slot", filepath=FILE, deferrable=True)
    wait_for_invoice = FileSensor(
        task_id="wait_for_invoice",
        filepath="phase3_03_sensors/invoice.pdf",
        timeout=5,
        exponential_backoff=True,
        soft_fail=True,
    )

    [clear_folder, drive] >> deliver
    (
        clear_folder
        >> opening_time
        >> [wait_in_slot, wait_between_looks, wait_without_slot, wait_for_invoice]
    )
