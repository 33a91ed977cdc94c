namespace Mlp.Spark.Worker.Daemon;

/// <summary>Lines on standard error, which Spark adds to the log of its executor. Standard output holds the port and nothing else. Thread-safe.</summary>
/// <param name="writer">Standard error.</param>
/// <param name="writesDetails">Whether details are written too, and every line with its time.</param>
/// <param name="time">The clock.</param>
internal sealed class WorkerLog(TextWriter writer, bool writesDetails, TimeProvider time)
{
    /// <summary>The variable that asks for details: <c>debug</c>.</summary>
    public const string Variable = "MLP_SPARK_LOG";

    private readonly Lock _lock = new();

    /// <summary>Says what an operator wants to know.</summary>
    /// <param name="message">A sentence.</param>
    public void Write(string message)
    {
        var now = writesDetails ? $" {time.GetUtcNow().UtcDateTime:O}" : string.Empty;
        lock (_lock)
        {
            try
            {
                writer.WriteLine($"mlp-spark-worker {Environment.ProcessId}{now}: {message}");
                writer.Flush();
            }
            catch (IOException)
            {
                // Whoever read the log has gone.
            }
        }
    }

    /// <summary>Says what only helps to find a fault.</summary>
    /// <param name="message">A sentence.</param>
    public void WriteDetail(string message)
    {
        if (writesDetails)
        {
            Write(message);
        }
    }
}
