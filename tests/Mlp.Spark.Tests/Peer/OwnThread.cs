namespace Mlp.Spark.Tests.Peer;

/// <summary>Runs what waits for sockets on a thread of its own. In the pool many of them would hold up the servers and clients of other tests for seconds, which have time limits.</summary>
internal static class OwnThread
{
    /// <summary>Begins.</summary>
    /// <param name="work">What waits.</param>
    public static Task Run(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
