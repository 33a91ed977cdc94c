using System.Runtime.CompilerServices;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Monitoring.Tests.Compaction;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Segments;

public sealed class SegmentFollowerTests
{
    [Fact]
    public async Task ReadNew_SegmentThatIsReadToItsEnd_KeepsNothingOfIt()
    {
        await using var log = new MaintainedLog();
        await log.WriteAsync(0, 10);
        var headers = new List<WeakReference>();
        var follower = new SegmentFollower<SegmentHeader>(log.Folder, reader => Watched(headers, reader));

        var paths = Read(follower);
        Collect();
        Assert.False(Assert.Single(headers).IsAlive);
        Assert.True(Assert.Single(paths).IsAlive);

        File.Delete(Assert.Single(log.Files(".mlplog")));
        Read(follower);
        Collect();
        Assert.False(paths[0].IsAlive);
        GC.KeepAlive(follower);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static SegmentHeader Watched(List<WeakReference> headers, FrameLogReader reader)
    {
        var header = SegmentHeader.Read(reader);
        headers.Add(new WeakReference(header));
        return header;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> Read(SegmentFollower<SegmentHeader> follower)
    {
        var paths = new List<WeakReference>();
        follower.ReadNew((path, _, _) => paths.Add(new WeakReference(path)), CancellationToken.None);
        return paths;
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
