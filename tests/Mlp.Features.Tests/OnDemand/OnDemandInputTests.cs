using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.OnDemand;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.OnDemand;

/// <summary>On-demand features of a request and of stored features, of several views, one of them by two keys: the same for training and serving, absent inputs included.</summary>
public sealed class OnDemandInputTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly FeatureCatalog Catalog = Define(TripScore.From);

    private readonly FeatureStoreHarness _harness = new(Catalog);

    private FeatureStore Store => _harness.Store;

    public Task InitializeAsync() => _harness.OpenAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task TrainingAndServing_AnyStatusOfTheInputs_GiveTheSameBits()
    {
        var now = _harness.Clock.GetUtcNow();
        await Store.PushAsync([new Area(1, now.AddSeconds(-1), 2.5f, [1, float.NaN]), new Area(2, now.AddSeconds(-1), null, null), new Area(3, now.AddSeconds(-61), 9, [9, 9])]);
        await Store.PushAsync([new Driver("a", now, 4, "grüße"), new Driver("b", now, null, null)]);
        long?[] areas = [1, 2, 3, 4, null];
        string?[] drivers = ["a", "b", "c", null];
        var trips = areas.SelectMany(from => areas.SelectMany(to => drivers.Select(driver => new PastTrip(from, to, driver, now, 10f)))).ToList();

        var served = new List<string>();
        var reader = Store.FindService("trips")!;
        var write = reader.FindRequestWriter<Trip>()!;
        foreach (var trip in trips)
        {
            var rows = new FeatureRows(reader.Description.Layout, 1);
            rows.Reset(1);
            await reader.ReadAsync(new EntityValue[] { trip.Driver, trip.FromArea, trip.ToArea }, _harness.Now, rows, 0, 1);
            write(new Trip(trip.Miles), rows, 0);
            served.Add(Describe(rows));
        }

        using var set = await Store.CreateTrainingSetAsync("trips", trips, "at", options: new TrainingSetOptions { Mode = JoinMode.CreatedTime });
        var trained = new List<string>();
        await foreach (var batch in set.ReadAsync())
        {
            trained.AddRange(Enumerable.Range(0, batch.Length).Select(row => Describe(batch, row)));
        }

        Assert.Equal(served, trained);
        Assert.Contains("25 Present Present grüße!", trained[0], StringComparison.Ordinal);
        Assert.Contains(trained, t => t.Contains("Expired Missing", StringComparison.Ordinal));
        Assert.Contains(trained, t => t.Contains("Null Present", StringComparison.Ordinal));
        using var again = await Store.ReproduceAsync(set);
        Assert.Equal(set.Manifest.ContentHash, again.Manifest.ContentHash);
        Assert.True((await Store.CheckLeakageAsync(set)).IsClean);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_ManyRowsInSeveralBatches_ComputesEachAndNamesTheRowThatFails()
    {
        var now = _harness.Clock.GetUtcNow();
        await Store.IngestAsync(Enumerable.Range(0, 5000).Select(i => new Area(i, now, i, [i, 1])));
        using var set = await Store.CreateTrainingSetAsync("trips", Enumerable.Range(0, 5000).Select(i => new PastTrip(i, 4999 - i, null, now, 2)), "at");
        var row = 0;
        await foreach (var batch in set.ReadAsync())
        {
            var fares = (FloatArray)batch.Column("fare");
            for (var i = 0; i < batch.Length; i++, row++)
            {
                Assert.Equal(2f * row, fares.GetValue(i));
            }
        }

        Assert.Equal(5000, row);
        var e = await Assert.ThrowsAsync<OnDemandTransformException>(
            () => Store.CreateTrainingSetAsync("trips", Enumerable.Range(0, 5000).Select(i => new PastTrip(i, 1, null, now, i == 4321 ? -1 : 2)), "at"));
        Assert.Equal("Expected the on-demand feature view 'trip_score' version 1 to compute its features from row 4322, but its method threw ArgumentOutOfRangeException.", e.Message);
    }

    [Fact]
    public async Task FindRequestWriter_NumbersAlone_AllocatesNothing()
    {
        var catalog = Views().AddOnDemand<Trip, Numbers, Sum>((trip, stored) => new Sum((stored.FromMeanFare ?? 0) + trip.Miles, stored.FromMeanFareStatus == FeatureStatus.Present))
            .AddService("sums", 1, s => s.From<Area>("mean_fare").As("from").WithKeys(("area", "from_area")).From<Driver>("trips").From<Sum>()).Build();
        await using var harness = new FeatureStoreHarness(catalog);
        await harness.OpenAsync();
        await harness.Store.PushAsync(new Area(1, harness.Clock.GetUtcNow(), 2.5f, [1, 2]));
        var reader = harness.Store.FindService("sums")!;
        var write = reader.FindRequestWriter<Trip>()!;
        var rows = new FeatureRows(reader.Description.Layout, 1);
        EntityValue[] keys = ["a", 1L];
        var (time, trip, completed) = (harness.Now, new Trip(2), true);
        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                rows.Reset(1);
                var read = reader.ReadAsync(keys, time, rows, 0, 1);
                completed &= read.IsCompletedSuccessfully;
                read.GetAwaiter().GetResult();
                write(trip, rows, 0);
            }
        }));
        Assert.True(completed);
        Assert.Equal(4.5f, rows.Float32Of(0)[1]);
        Assert.True(rows.BooleanOf(0)[0]);
    }

    [Fact]
    public async Task Open_MethodChangedUnderTheSameVersion_IsFoundByItsGoldenRows()
    {
        var now = _harness.Clock.GetUtcNow();
        await Store.PushAsync([new Area(1, now, 2.5f, [1, 2]), new Area(2, now, null, null)]);
        using (await Store.CreateTrainingSetAsync("trips", [new PastTrip(1, 1, null, now, 3), new PastTrip(2, 1, "x", now, 4), new PastTrip(9, 9, null, now, 5)], "at"))
        {
        }

        var golden = Directory.GetFiles(_harness.Root, "*.golden.json", SearchOption.AllDirectories).Single();
        Assert.Contains("\"formatVersion\": 2", await File.ReadAllTextAsync(golden), StringComparison.Ordinal);
        await _harness.ReopenAsync();

        var changed = Define((request, stored) => TripScore.From(request, stored) with { Statuses = stored.FromMeanFareStatus == FeatureStatus.Missing ? "other" : TripScore.From(request, stored).Statuses });
        var e = Assert.Throws<FeatureDefinitionException>(() => FeatureStore.Open(_harness.Root, changed, Mlp.Runtime.Hosting.MlPlatformMode.Reader));
        Assert.StartsWith("Expected the on-demand feature view 'trip_score' version 1 to compute what it computed before, but feature 'statuses' of golden row 2 in '", e.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(golden, (await File.ReadAllTextAsync(golden)).Replace("\"inputStatuses\"", "\"other\"", StringComparison.Ordinal));
        Assert.Throws<CorruptFileException>(() => FeatureStore.Open(_harness.Root, Catalog, Mlp.Runtime.Hosting.MlPlatformMode.Reader));
    }

    [Fact]
    public void Definition_WithInputs_HasThemInFingerprintDocumentAndDifferences()
    {
        var view = Catalog.OnDemandViews[0];
        Assert.Equal([("from_mean_fare", FeatureType.Float32, 1), ("to_direction", FeatureType.Float32, 2), ("motto", FeatureType.String, 1), ("trips", FeatureType.Int64, 1)], view.InputFields.Select(f => (f.Name, f.Type, f.Length)));
        Assert.Equal(3, view.Document.FormatVersion);
        var other = Views().AddOnDemand<Trip, Fewer, TripScore>((_, _) => default, "trip_score").Build().OnDemandViews[0];
        Assert.NotEqual(view.Fingerprint, other.Fingerprint);
        Assert.Equal(["input 'to_direction' is missing", "input 'motto' is missing", "input 'trips' is missing"], DefinitionDifferences.Between(view.Document, other.Document));
        using var temp = new TempDirectory();
        FeatureStore.Open(temp.FullName, Catalog);
        FeatureStore.Open(temp.FullName, Catalog);
        Assert.Throws<DefinitionConflictException>(() => FeatureStore.Open(temp.FullName, Views().AddOnDemand<Trip, Fewer, TripScore>((_, _) => default, "trip_score").Build()));
    }

    [Fact]
    public void Definition_UnfitInputs_SaysWhatIsExpected()
    {
        Refused<NotNullable>("Expected 'NotNullable.MeanFare' of the on-demand feature view 'x' to be a float?, double?, integer (not ulong) that may be null, bool?, string, float[] or ReadOnlyMemory<float>?, because a stored feature may be absent, or a FeatureStatus, but found Single.");
        Refused<LoneStatus>("Expected the status 'LoneStatus.OtherStatus' of the on-demand feature view 'x' to be called like another property with 'Status' behind its name, but found no such property.");
        Refused<OnlyStatus>("Expected 'OnlyStatus' of the on-demand feature view 'x' to have properties for stored features, but found none.");

        static void Refused<TInputs>(string message)
            => Assert.Equal(message, Assert.Throws<FeatureDefinitionException>(() => Views().AddOnDemand<Trip, TInputs, TripScore>((_, _) => default, "x")).Message);
    }

    [Fact]
    public void Service_InputsThatItDoesNotTake_SaysWhichAndOfWhichType()
    {
        Refused<Numbers>(s => s.From<Driver>(), "Expected the feature service 's' to take a stored feature 'from_mean_fare' of type Float32, from which its on-demand view 'x' computes, but found none.");
        Refused<Doubled>(s => s.From<Driver>(), "Expected the feature service 's' to take a stored feature 'trips' of type Float64, from which its on-demand view 'x' computes, but found Int64.");
        Refused<Longer>(s => s.From<Area>(), "Expected the feature service 's' to take a stored feature 'direction' of type Float32[3], from which its on-demand view 'x' computes, but found Float32[2].");

        // What another on-demand view computes is no stored feature.
        Refused<Computed>(s => s.From("other", 1), "Expected the feature service 's' to take a stored feature 'total' of type Float32, from which its on-demand view 'x' computes, but found none.");

        static void Refused<TInputs>(Func<FeatureServiceBuilder, FeatureServiceBuilder> from, string message)
        {
            var builder = Views().AddOnDemand<Trip, TInputs, TripScore>((_, _) => default, "x").AddOnDemand<Trip, Sum>(_ => default, "other").AddService("s", 1, s => from(s).From("x", 1));
            var e = Assert.Throws<FeatureDefinitionException>(() => builder.Build());
            Assert.Equal(message, e.Message);
        }
    }

    private static FeaturesBuilder Views() => new FeaturesBuilder().Add<Area>().Add<Driver>();

    private static FeatureCatalog Define(Func<Trip, Stored, TripScore> method) => Views().AddOnDemand(method)
        .AddService("trips", 1, s => s
            .From<TripScore>()
            .From<Area>().As("from").WithKeys(("area", "from_area"))
            .From<Area>("direction").As("to").WithKeys(("area", "to_area"))
            .From<Driver>())
        .Build();

    private static string Describe(FeatureRows rows)
    {
        var (layout, text) = (rows.Layout, new List<string>());
        foreach (var (column, index) in layout.Columns.Select((column, index) => (column, index)))
        {
            var status = rows.StatusOf(0)[index];
            text.Add(status != FeatureStatus.Present ? $"{column.Name}={status}" : $"{column.Name}=" + column.Type switch
            {
                FeatureType.Float32 => FeatureBits.Of(rows.Float32Of(0).Slice(layout.OffsetOf(index), column.Length)).Text,
                FeatureType.Int64 => FormattableString.Invariant($"{rows.Int64Of(0)[layout.OffsetOf(index)]}"),
                _ => System.Text.Encoding.UTF8.GetString(rows.StringOf(0, layout.OffsetOf(index))),
            });
        }

        return string.Join(", ", text);
    }

    private static string Describe(RecordBatch batch, int row)
    {
        var text = new List<string>();
        foreach (var column in Catalog.Services[0].Description.Layout.Columns)
        {
            var array = batch.Column(column.Name);
            var status = column.View == "trip_score" ? FeatureStatus.Present : (FeatureStatus)((UInt8Array)batch.Column(TrainingSetColumns.StatusOf(column.View))).GetValue(row)!.Value;
            status = status == FeatureStatus.Present && array.IsNull(row) ? FeatureStatus.Null : status;
            text.Add(status != FeatureStatus.Present ? $"{column.Name}={status}" : $"{column.Name}=" + array switch
            {
                FloatArray floats => FeatureBits.Of([floats.GetValue(row)!.Value]).Text,
                Int64Array longs => FormattableString.Invariant($"{longs.GetValue(row)}"),
                StringArray texts => texts.GetString(row),
                _ => FeatureBits.Of(VectorColumn.TryCreate(array)!.ValuesOf(row)).Text,
            });
        }

        return string.Join(", ", text);
    }

    [FeatureView("area", CreatedTimeEqualsEventTime = true, TimeToLiveSeconds = 60)]
    private sealed record Area([EntityKey(Name = "area")] long Id, [EventTimestamp] DateTimeOffset At, [Feature] float? MeanFare, [Feature(Length = 2)] float[]? Direction);

    [FeatureView("driver", CreatedTimeEqualsEventTime = true)]
    private sealed record Driver([EntityKey(Name = "driver")] string Name, [EventTimestamp] DateTimeOffset At, [Feature] long? Trips, [Feature] string? Motto);

    private readonly record struct Trip(float Miles);

    private sealed record PastTrip(long? FromArea, long? ToArea, string? Driver, DateTimeOffset At, float Miles);

    private sealed record Stored(float? FromMeanFare, FeatureStatus FromMeanFareStatus, [property: Feature(Length = 2)] float[]? ToDirection, FeatureStatus ToDirectionStatus, string? Motto, int? Trips);

    private sealed record Fewer(float? FromMeanFare);

    private readonly record struct Numbers(float? FromMeanFare, FeatureStatus FromMeanFareStatus, long? Trips);

    private sealed record NotNullable(float MeanFare);

    private sealed record LoneStatus(float? MeanFare, FeatureStatus OtherStatus);

    private sealed record OnlyStatus(FeatureStatus MeanFareStatus);

    private sealed record Doubled(double? Trips);

    private sealed record Longer([property: Feature(Length = 3)] float[]? Direction);

    private sealed record Computed(float? Total);

    private readonly record struct Sum(float Total, bool IsKnown);

    private readonly record struct TripScore(float? Fare, string Statuses, [property: Feature(Length = 2)] float[]? Ahead, long? Left)
    {
        public static TripScore From(Trip trip, Stored stored) => new(
            trip.Miles < 0 ? throw new ArgumentOutOfRangeException(nameof(trip)) : trip.Miles * stored.FromMeanFare,
            FormattableString.Invariant($"{trip.Miles * stored.FromMeanFare} {stored.FromMeanFareStatus} {stored.ToDirectionStatus} {stored.Motto}!"),
            stored.ToDirection is null ? null : [stored.ToDirection[1], trip.Miles],
            100 - stored.Trips);
    }
}
