namespace Mlp.Spark.Worker.Protocol;

/// <summary>The words that stand between data, as negative lengths.</summary>
internal enum ProtocolSignal
{
    /// <summary>The data ends; what accumulators gathered follows.</summary>
    EndOfData = -1,

    /// <summary>The task fails; a text follows.</summary>
    Failed = -2,

    /// <summary>From Spark: its data has been written. From the worker: it takes another task.</summary>
    EndOfTask = -4,

    /// <summary>An Arrow stream follows.</summary>
    StartOfArrow = -6,

    /// <summary>The frame of the message before the data.</summary>
    StartOfHeader = -8,
}
