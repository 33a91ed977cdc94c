namespace Mlp.Spark.Joins;

/// <summary>What a column of times holds.</summary>
public enum SparkTimeType
{
    /// <summary>Spark's <c>TIMESTAMP</c>.</summary>
    Timestamp = 1,

    /// <summary><c>TIMESTAMP_NTZ</c>, taken for UTC.</summary>
    TimestampWithoutZone = 2,

    /// <summary><c>DATE</c>: midnight, UTC.</summary>
    Date = 3,

    /// <summary><c>BIGINT</c>: microseconds since 1970, UTC.</summary>
    Microseconds = 4,
}
