"""A bucket of an object store: it can be written, read and cleaned up."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from include.health.check import UnhealthyError

KEY, CONTENT = "probe", b"still here?"
GONE = "NoSuchBucket"


def probe(client: Any, bucket: str) -> None:
    """Write an object, read it back, and delete it.

    Raises:
        UnhealthyError: the bucket is missing, the store is silent, or what is read is not that.
    """
    try:
        client.put_object(Bucket=bucket, Key=KEY, Body=CONTENT)
        found = client.get_object(Bucket=bucket, Key=KEY)["Body"].read()
        client.delete_object(Bucket=bucket, Key=KEY)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        reason = "is missing" if code == GONE else f"is refused: {code}"
        raise UnhealthyError(f"bucket {bucket} {reason}") from error
    except BotoCoreError as error:
        raise UnhealthyError(f"the store does not answer: {type(error).__name__}") from error
    if found != CONTENT:
        raise UnhealthyError(f"bucket {bucket} gives back {found!r} for {CONTENT!r}")


def repair(client: Any, bucket: str) -> str:
    """Make the bucket if it is missing.

    Raises:
        UnhealthyError: the store does not let us.
    """
    try:
        client.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": client.meta.region_name},
        )
    except (ClientError, BotoCoreError) as error:
        if "BucketAlreadyOwnedByYou" not in str(error):
            raise UnhealthyError(f"{type(error).__name__}: {error}") from error
    return "made it anew"


def remove(client: Any, bucket: str) -> None:
    """Delete the bucket, which is empty but for a probe.

    Raises:
        botocore.exceptions.ClientError: something else is in it.
    """
    client.delete_object(Bucket=bucket, Key=KEY)
    client.delete_bucket(Bucket=bucket)
