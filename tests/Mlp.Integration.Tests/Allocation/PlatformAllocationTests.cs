using System.Diagnostics.Metrics;
using Mlp.Features;
using Mlp.PlatformChild;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Allocation;

/// <summary>
/// The promise on the platform as users run it: the features come from the online store, the answers go into the prediction log, a listener hears every meter and the token can be cancelled.
/// </summary>
public sealed class PlatformAllocationTests
{
    private const int Calls = 1_000;
    private const int Rounds = 40;

    [Fact]
    public async Task PredictAsync_StoredFeaturesLogListenerAndToken_AllocatesNothing()
    {
        using var temp = new TempDirectory();
        using var listener = ListenToAll();
        using var cancellation = new CancellationTokenSource();
        await using var ml = AccountPlatform.Define(temp.FullName).Build();
        await ml.StartAsync();
        await ml.Features.PushAsync(AccountActivity.Create("a", 7));
        await PublishAsync(ml);
        var model = ml.GetModel(AccountPlatform.Model);
        await model.WaitUntilReadyAsync();

        // The code is compiled in tiers while it runs, which may allocate on its thread; what a call allocates, every round would show.
        var least = long.MaxValue;
        for (var round = 0; round < Rounds && least > 0; round++)
        {
            least = Math.Min(least, Measure(model, cancellation.Token));
        }

        await ml.Monitoring.FlushAsync();
        var log = ml.Monitoring.LogStatistics.Single();
        Assert.Equal(0, log.Accepted % Calls);
        Assert.Equal(log.Accepted, log.Written + log.Dropped);
        Assert.True(log.Written > 0);
        Assert.Equal(0, least);
    }

    private static long Measure(IModel model, CancellationToken cancellationToken)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++)
        {
            var answer = model.PredictAsync(new AccountKeys("a"), cancellationToken: cancellationToken);
            if (!answer.IsCompletedSuccessfully || answer.Result.Score != AccountPlatform.ScoreOf(7))
            {
                Assert.Fail("Expected the answer at once, from what is in memory.");
            }
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static async Task PublishAsync(MlPlatform ml)
    {
        var manifest = await ml.Registry.PublishAsync(AccountPlatform.Model, AccountPlatform.CreatePackage(Guid.NewGuid()));
        await ml.Registry.SetAliasAsync(AccountPlatform.Model, AccountPlatform.Champion, manifest.Version, expectedRevision: 0);
    }

    private static MeterListener ListenToAll()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name.StartsWith("Mlp.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }
}
