namespace Mlp.Spark.Worker.Protocol;

/// <summary>The layouts of a task, by the Spark version that began to send them. Each goes on until the next.</summary>
internal enum ProtocolVersion
{
    /// <summary>3.5: no profiler, no argument names.</summary>
    Spark35,

    /// <summary>4.0: a profiler flag, argument names.</summary>
    Spark40,

    /// <summary>4.1: no barrier port and secret in other tasks, one stream per group.</summary>
    Spark41,

    /// <summary>4.2: the task context is JSON.</summary>
    Spark42,

    /// <summary>4.3: the message before the data has a frame.</summary>
    Spark43,
}
