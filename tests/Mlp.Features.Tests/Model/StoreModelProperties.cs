using Mlp.CrashChild.Steps;
using Mlp.Features.Tests.Online;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Model;

/// <summary>Any history of the whole store reads as its model says after every step, online and offline.</summary>
public abstract class StoreModelProperties(long hotTierSize)
{
    public sealed class WithHotTier() : StoreModelProperties(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : StoreModelProperties(0);

    [StoreRounds(perRound: 1)]
    public async Task Store_AnyHistory_IsAsItsModel((byte Kind, byte A, byte B, byte C)[] history)
    {
        using var directory = new TempDirectory();
        var store = new SteppedStore(directory.Combine("data"), OnlineTestViews.Start, evolved: false, hotTierSize);
        await store.OpenAsync();
        var model = new StoreModel(OnlineTestViews.Start);
        try
        {
            foreach (var (number, step) in history.Select(h => StoreStep.Create(h.Kind, h.A, h.B, h.C)).Index())
            {
                await store.RunAsync(step);
                model.Apply(step);
                Assert.Equal(StoreObservation.ExpectOnline(model), await StoreObservation.ReadOnlineAsync(store, number));
            }

            Assert.Equal(StoreObservation.ExpectOffline(model), await StoreObservation.ReadOfflineAsync(store));
        }
        finally
        {
            await store.CloseAsync();
        }
    }
}
