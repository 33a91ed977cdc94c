using Microsoft.Extensions.Logging;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Tests.PredictionLog;

public sealed class BatchWatchTests
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(2);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Record_OneListenerThrows_TheOthersSeeEveryBatchAndItIsSaidOnce(int broken)
    {
        var listeners = Enumerable.Range(0, 3).Select(i => new RecordingListener { Failure = i == broken ? new InvalidOperationException("broken") : null }).ToArray();
        await using var log = new LogHarness(listeners: listeners);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < 3; i++)
        {
            LogHarness.Record(sink, rows, 0, i, 0.5);
            await log.FlushAsync();
        }

        Assert.All(listeners, (listener, i) => Assert.Equal(i == broken ? 0 : 3, listener.Rows.Count));
        Assert.Equal((3, 1), (log.Statistics.Written, log.Statistics.FailedListeners));
        var said = Assert.Single(log.Logger.Lines, e => e.Level == LogLevel.Error);
        Assert.Equal("Watching the predictions of model tips version 1 by RecordingListener failed and is off.", said.Message);
    }

    [Fact]
    public async Task Record_ListenerMendsItself_StaysOff()
    {
        var listener = new RecordingListener { Failure = new InvalidOperationException("broken") };
        await using var log = new LogHarness(listeners: listener);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        LogHarness.Record(sink, new FeatureRows(Layout, 1), 0, 1, 0.5);
        await log.FlushAsync();
        listener.Failure = null;
        LogHarness.Record(sink, new FeatureRows(Layout, 1), 0, 2, 0.5);
        await log.FlushAsync();

        Assert.Empty(listener.Rows);
        Assert.Equal(2, log.Statistics.Written);
    }
}
