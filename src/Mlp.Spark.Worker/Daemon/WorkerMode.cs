namespace Mlp.Spark.Worker.Daemon;

/// <summary>How Spark starts the worker.</summary>
internal enum WorkerMode
{
    /// <summary>One process that Spark connects to for every task.</summary>
    Daemon,

    /// <summary>A process for each task, which connects to Spark.</summary>
    Single,
}
