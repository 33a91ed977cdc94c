using Mlp.Spark.Tests.Peer;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>One daemon for the tests of a class.</summary>
public sealed class DaemonFixture : IDisposable
{
    private readonly Lazy<WorkerProcess> _worker = new(() => WorkerProcess.StartDaemon(("MLP_SPARK_LOG", "debug")));

    /// <summary>The daemon.</summary>
    public WorkerProcess Worker => _worker.Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_worker.IsValueCreated)
        {
            _worker.Value.Dispose();
        }
    }
}
