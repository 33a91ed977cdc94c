using Microsoft.Extensions.DependencyInjection;
using Mlp.Features;
using Mlp.Monitoring.Hosting;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Quickstart.Data;
using Quickstart.Features;

namespace Mlp.Integration.Tests.Taxi;

/// <summary>A data directory of the big-tipper problem, small but whole: ingested and materialized features, and a network trained on the joined rows for two epochs. Made once.</summary>
public sealed class TaxiData : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _folder = new();

    internal ModelPackage Package { get; private set; } = null!;

    /// <summary>A platform with the definitions of the samples.</summary>
    internal static IMlPlatformBuilder Define(string directory)
    {
        var builder = MlPlatform.CreateBuilder()
            .UseDataDirectory(directory)
            .Configure(options => options.OwnerWait = TimeSpan.FromSeconds(5))
            .AddFeatures(TaxiFeatures.Add)
            .AddModel(TaxiFeatures.BigTipper, model => model.AliasPollInterval = TimeSpan.FromMilliseconds(20))
            .AddMonitoring(monitoring => monitoring.LogPredictions(TaxiFeatures.BigTipper));
        builder.Services.Configure<FeatureStoreOptions>(options => options.Online.MemorySize = 64 << 20);
        return builder;
    }

    /// <summary>A copy of the data directory, without a model.</summary>
    internal TempDirectory CopyDirectory()
    {
        var copy = new TempDirectory();
        DirectoryCopy.Create(_folder.FullName, copy.FullName);
        return copy;
    }

    public async Task InitializeAsync()
    {
        var trips = SyntheticTrips.Create(600, seed: 3).Trips;
        await using var ml = Define(_folder.FullName).Build();
        await ml.StartAsync();
        await ml.Features.IngestAsync(TripHistory.OfCompanies(trips), "companies");
        await ml.Features.IngestAsync(TripHistory.OfAreas(trips), "areas");
        await ml.Features.MaterializeAsync<CompanyStats>();
        await ml.Features.MaterializeAsync<AreaStats>();
        using var rows = await ml.Features.CreateTrainingSetAsync(
            TaxiFeatures.BigTipper, TripSpine.Build(trips, [.. trips.Select(t => t.IsBigTip)]), TripSpine.Time, TripSpine.Label);
        var trainer = new NetworkTrainer(new NetworkOptions { HiddenLayers = [8], MaxEpochs = 2, Seed = 5 });
        using var network = await trainer.FitAsync(rows);
        Package = network.Export(new ExportOptions { ClassNames = ["small tip", "big tip"] }).ToPackage();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();
}
