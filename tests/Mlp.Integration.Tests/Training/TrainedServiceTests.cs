using Apache.Arrow;
using Microsoft.Extensions.DependencyInjection;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;
using Mlp.Features.Skew;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.TestSupport;
using Mlp.Training.Networks;

namespace Mlp.Integration.Tests.Training;

/// <summary>
/// A service with vectors, on-demand features and one view by two keys: a network is trained on its training set and served by keys and requests; what the model saw is what it was trained on, to the bit.
/// </summary>
public sealed class TrainedServiceTests
{
    private const int Steps = 12;
    private const int RidesPerStep = 20;
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly string?[] Moods = ["busy", "", null, "ruhig"];
    private static readonly float?[] Fares = [-0f, 3.5f, null, float.NaN, BitConverter.UInt32BitsToSingle(0x7FC0_0777), 12.25f];

    [Fact]
    public async Task Service_TrainedAndServed_GivesTheModelTheSameBits()
    {
        using var temp = new TempDirectory();
        var seen = new SeenRows();
        var builder = MlPlatform.CreateBuilder()
            .UseDataDirectory(temp.FullName)
            .AddFeatures(features =>
            {
                RideService.Define(features);
                features.CheckSkew(o => (o.SampleRate, o.MaximumRows) = (1, 1000));
            })
            .AddModel("rides", model => model.FromAlias("champion").WithFeatures("rides"));
        builder.Services.AddSingleton<IPredictionObserver>(seen);
        await using var ml = builder.Build();
        await ml.StartAsync();
        var rides = CreateRides();

        // A first version, trained on what is known of the first rides, answers all of them as they come.
        await PushAsync(ml, 0);
        using (var first = await ml.Features.CreateTrainingSetAsync("rides", rides[..RidesPerStep], "start", "is_long", new TrainingSetOptions { Mode = JoinMode.CreatedTime }))
        {
            await PublishAsync(ml, first, expectedRevision: 0);
        }

        var model = ml.GetModel("rides");
        await model.WaitUntilReadyAsync();
        var scores = new List<double>();
        for (var step = 0; step < Steps; step++)
        {
            await PushAsync(ml, step);
            foreach (var ride in rides.Skip(step * RidesPerStep).Take(RidesPerStep))
            {
                var request = new RideRequest(ride.Miles, ride.Hour, ride.Weather, ride.Heading);
                scores.Add((await model.PredictAsync(new RideKeys(ride.DropoffPlace, ride.PickupPlace), request, PredictionOptions.At(ride.Start))).Score);
            }
        }

        using var set = await ml.Features.CreateTrainingSetAsync("rides", rides, "start", "is_long", new TrainingSetOptions { Mode = JoinMode.CreatedTime });
        var statuses = await CompareAsync(set, seen.Rows, scores, model);
        Assert.Equal([.. Enum.GetValues<FeatureStatus>()], statuses.Order());
        Assert.True((await ml.Features.CheckLeakageAsync(set)).IsClean);
        var skew = await ml.Features.CheckSkewAsync();
        Assert.Equal((rides.Length, 0), (skew.RowCount, skew.Counts.Count));
        Assert.Empty(skew.NotCompared);

        // The next version, trained on all of it, scores the rows of the set as it scores the calls.
        await PublishAsync(ml, set, expectedRevision: 1);
    }

    private static async Task PublishAsync(MlPlatform ml, ITrainingSet set, long expectedRevision)
    {
        using var network = await new NetworkTrainer(new NetworkOptions { HiddenLayers = [8], MaxEpochs = 2, Seed = 5, BatchSize = 16 }).FitAsync(set);
        var manifest = await ml.Registry.PublishAsync("rides", network.Export().ToPackage());
        await ml.Registry.SetAliasAsync("rides", "champion", manifest.Version, expectedRevision);
    }

    private static async Task<HashSet<FeatureStatus>> CompareAsync(JoinedTrainingSet set, List<FeatureRows> served, List<double> scores, IModel model)
    {
        var statuses = new HashSet<FeatureStatus>();
        var layout = served[0].Layout;
        var row = 0;
        await foreach (var batch in set.ReadAsync())
        {
            using var scored = await model.ScoreAsync(batch);
            Assert.Equal(scores.Skip(row).Take(batch.Length).Select(BitConverter.DoubleToInt64Bits), ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray().Select(BitConverter.DoubleToInt64Bits));
            for (var i = 0; i < batch.Length; i++, row++)
            {
                for (var column = 0; column < layout.Columns.Count; column++)
                {
                    var (name, view) = (layout.Columns[column].Name, layout.Columns[column].View);
                    var trained = LeakageSample.Bits(batch.Column(name), i);
                    var status = batch.Schema.GetFieldIndex(TrainingSetColumns.StatusOf(view)) < 0 ? FeatureStatus.Present : (FeatureStatus)((UInt8Array)batch.Column(TrainingSetColumns.StatusOf(view))).Values[i];
                    status = status == FeatureStatus.Present && trained.IsNull ? FeatureStatus.Null : status;
                    var eventTime = status != FeatureStatus.Missing && batch.Schema.GetFieldIndex(TrainingSetColumns.EventTimeOf(view)) >= 0 ? ((Int64Array)batch.Column(TrainingSetColumns.EventTimeOf(view))).GetValue(i) : null;
                    Assert.Equal((name, status, trained, eventTime), (name, served[row].StatusOf(0)[column], Bits(served[row], column), TimeOf(served[row], column)));
                    statuses.Add(status);
                }
            }
        }

        Assert.Equal(served.Count, row);
        return statuses;
    }

    private static FeatureBits Bits(FeatureRows rows, int column)
    {
        var (feature, offset) = (rows.Layout.Columns[column], rows.Layout.OffsetOf(column));
        return feature.Type switch
        {
            _ when rows.StatusOf(0)[column] != FeatureStatus.Present => FeatureBits.Null,
            FeatureType.Float32 when feature.IsVector => FeatureBits.Of(rows.Float32Of(0).Slice(offset, feature.Length)),
            FeatureType.Float32 => new FeatureBits(false, BitConverter.SingleToInt32Bits(rows.Float32Of(0)[offset]), null),
            FeatureType.Float64 => new FeatureBits(false, BitConverter.DoubleToInt64Bits(rows.Float64Of(0)[offset]), null),
            FeatureType.Int64 => new FeatureBits(false, rows.Int64Of(0)[offset], null),
            FeatureType.Boolean => new FeatureBits(false, rows.BooleanOf(0)[offset] ? 1 : 0, null),
            _ => new FeatureBits(false, 0, System.Text.Encoding.UTF8.GetString(rows.StringOf(0, offset))),
        };
    }

    private static long? TimeOf(FeatureRows rows, int column)
        => rows.EventTimesOf(0)[rows.Layout.ViewIndexOf(column)] is var time && time == FeatureRows.NoEventTime ? null : time;

    /// <summary>Some places get new rows at a step, one is never heard of, and some are heard of so rarely that they expire.</summary>
    private static async Task PushAsync(MlPlatform ml, int step)
        => await ml.Features.PushAsync(Enumerable.Range(0, 6).Where(place => step % (place + 1) == 0).Select(place => new PlaceStats(
            place,
            TimeOf(step),
            TimeOf(step),
            Fares[(step + place) % Fares.Length],
            (step + place) % 5 == 0 ? null : step - 5,
            Moods[(step + place) % Moods.Length],
            (step + place) % 4 == 0 ? null : [step, -0f, (step + place) % 3 == 0 ? float.NaN : place])).ToList());

    private static DateTimeOffset TimeOf(int step) => Start.AddMinutes(2 * step);

    private static PastRide[] CreateRides()
    {
        var random = new Random(20_260_102);
        return [.. Enumerable.Range(0, Steps * RidesPerStep).Select(i => new PastRide(
            random.Next(8) is var to && to == 7 ? null : to,
            random.Next(8) is var from && from == 7 ? null : from,
            TimeOf(i / RidesPerStep).AddSeconds(i % RidesPerStep),
            random.NextSingle() * 20,
            random.Next(24),
            (i % 3) switch { 0 => null, 1 => "regen", _ => "sun" },
            i % 4 == 0 ? null : [random.NextSingle() - 0.5f, -0f],
            random.Next(2) == 0))];
    }

    private sealed record PastRide(long? DropoffPlace, long? PickupPlace, DateTimeOffset Start, float Miles, int Hour, string? Weather, [property: Feature(Length = 2)] float[]? Heading, bool IsLong);

    /// <summary>Keeps the rows as the model saw them.</summary>
    private sealed class SeenRows : IPredictionObserver, IPredictionSink
    {
        public List<FeatureRows> Rows { get; } = [];

        public IPredictionSink Attach(ServedModel model) => this;

        public void Record(in PredictionRecord record)
        {
            var rows = new FeatureRows(record.Features.Layout, 1);
            rows.Reset(1);
            FeatureRowCopy.CopyRow(record.Features, rows, 0);
            Rows.Add(rows);
        }
    }
}
