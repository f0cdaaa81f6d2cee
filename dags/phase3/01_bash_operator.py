"""# 3.01 · Bash operator

Real shell tools count and checksum the day's delivery; a day without a delivery is skipped, not
failed.

**Level** Beginner · **Time** 10 minutes · **After** `phase2_01_scheduled_dag` · **Services**
none

## What you will learn

- `BashOperator` runs a shell command. Airflow first fills in its **template**: `{{ ds }}` is the
  run's logical date as `2026-01-05`, `{{ params.day }}` a field of the form, `{{ conn.landing }}` a
  connection.
- `env` hands values over as environment variables; `append_env=True` keeps those that are there.
- Exit code 0 is success and 99 means **skip**: there was nothing to do. Any other one is a failure.
- The last line that a command prints becomes its XCom.

## Run it

1. Press **Trigger**, keep the day `2026-01-05`, press **Trigger**. All four tasks turn green.
2. Open `count_units`, **Rendered Templates**: the real folder stands where the template was.
3. The log of `check_delivery` says `OK` for each of the five files; its **XCom**
   (under **Storage**) is the checksum.
4. Look into the landing folder, `phase3_01_bash_operator/2026-01-05.txt`: units and checksum.
5. Trigger again with an empty day: `{{ ds }}` takes its place, which is today. Nothing was
   delivered today, so `find_delivery` is skipped, everything after it too, and the run succeeds.

## Why it is written this way

A command of one line stands here; a longer one is a script in `include/`, which you can run and
test without Airflow. It gets the day by `env`: as a variable, a value can never become a part of
the command. The blank-separated `bash "...sh"` ends in a quote on purpose: a command that ends in
`.sh` would be taken for the name of a template file. The report appears by `mv`, so that nobody
sees half of it, and has the same content however often you run the day.

## Next

`phase3_02_python_operator` does the same with Python functions.
"""

from datetime import timedelta
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param

from include import retail

CHECK_DELIVERY = Path(retail.__file__).with_name("check_delivery.sh")
DAY = "{{ params.day or ds }}"
REPORT = """
mkdir -p "$FOLDER"
printf 'units %s\\nsha256 %s\\n' "$UNITS" "$CHECKSUM" > "$FOLDER/.$DAY.$$"
mv "$FOLDER/.$DAY.$$" "$FOLDER/$DAY.txt"
echo "$FOLDER/$DAY.txt"
"""

with DAG(
    dag_id="phase3_01_bash_operator",
    dag_display_name="03.01 · Bash operator",
    description=(
        "Real shell tools count and checksum the day's delivery; a day without a delivery is "
        "skipped, not failed."
    ),
    schedule=None,
    params={
        "day": Param(
            "2026-01-05",
            type=["null", "string"],
            format="date",
            description="The day of the delivery, 2026-01-05 to 09; empty: the logical date",
        )
    },
    default_args={
        "owner": "logistics",
        "cwd": "{{ conn.landing.extra_dejson.path }}",
        "retries": 1,
        "retry_delay": timedelta(seconds=5),
    },
    tags=["phase3", "beginner"],
    doc_md=__doc__,
):
    find_delivery = BashOperator(
        task_id="find_delivery",
        bash_command=f"ls {DAY}/*.csv || exit 99",
        skip_on_exit_code=99,
    )
    count_units = BashOperator(
        task_id="count_units",
        bash_command=f"awk -F , 'FNR > 1 {{ units += $2 }} END {{ print units }}' {DAY}/*.csv",
    )
    check_delivery = BashOperator(
        task_id="check_delivery",
        bash_command=f'bash "{CHECK_DELIVERY}"',
        env={"DAY": DAY},
        append_env=True,
    )
    write_report = BashOperator(
        task_id="write_report",
        bash_command=REPORT,
        env={
            "DAY": DAY,
            "FOLDER": "{{ dag.dag_id }}",
            "UNITS": "{{ ti.xcom_pull(task_ids='count_units') }}",
            "CHECKSUM": "{{ ti.xcom_pull(task_ids='check_delivery') }}",
        },
        append_env=True,
    )

    find_delivery >> [count_units, check_delivery] >> write_report
