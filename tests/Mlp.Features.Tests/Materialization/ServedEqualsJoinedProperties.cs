using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using FsCheck.Xunit;
using Mlp.Features.Definitions;
using Mlp.Features.Deletion;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

/// <summary>
/// The third promise: joined by event and created time, the value for (entity, t) equals the value that was served online at t, status and bits, and both equal brute force.
/// Histories have ties, late arrivals, values at the edge of their time to live, null keys, null values and rows of the future; they come in created order. Between them files are compacted and entities deleted.
/// </summary>
public abstract class ServedEqualsJoinedProperties(long hotTierSize)
{
    public sealed class WithHotTier() : ServedEqualsJoinedProperties(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : ServedEqualsJoinedProperties(0);

    private const long TimeToLive = 6;

    private static readonly FeatureViewDefinition Single = new FeatureViewBuilder("single")
        .Key("id", EntityValueKind.Int64).EventTime("at").CreatedTime("known")
        .Feature("f32", FeatureType.Float32).Vector("vec", 3).Feature("text", FeatureType.String).Feature("f64", FeatureType.Float64).Feature("i64", FeatureType.Int64).Feature("flag", FeatureType.Boolean)
        .TimeToLive(TimeSpan.FromMicroseconds(TimeToLive)).Build();

    private static readonly FeatureViewDefinition Pair = new FeatureViewBuilder("pair")
        .Key("name", EntityValueKind.String).Key("id", EntityValueKind.Int64).EventTime("at")
        .Feature("value", FeatureType.Float32).Build();

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add(Single).Add(Pair)
        .AddService("svc", 1, service => service.From("single", 1, "flag", "f32", "vec", "text", "f64", "i64").From("pair", 1)).Build();

    private static readonly long?[] Ids = [1, 2, null];
    private static readonly string?[] Names = ["a", null];
    private static readonly float?[] Floats = [1.5f, -0f, 0f, float.NaN, BitConverter.UInt32BitsToSingle(0x7FC0_0777), null, float.NegativeInfinity];
    private static readonly float[]?[] Vectors =
        [[1.5f, -0f, BitConverter.UInt32BitsToSingle(0x7FC0_0777)], [float.NaN, float.NaN, float.NaN], null, [0f, float.PositiveInfinity, float.Epsilon], [BitConverter.UInt32BitsToSingle(0xFFC0_0001), 1, 2]];

    private static readonly string?[] Texts = ["", "x", "grüße", null];

    [Property(MaxTest = 10, EndSize = 40)]
    public async Task ServedAndJoined_AnyHistory_AreEqualBitForBit((byte Operation, byte Key, byte Event, byte Created, byte Value)[] history)
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var rows = new List<Row>();
        var sequence = 0;
        var served = new List<(long? Id, string? Name, long AsOf, string Answer)>();
        foreach (var (operation, key, eventTime, created, value) in history)
        {
            // What is asked at t knows nothing of a row that comes at t but later.
            harness.Clock.Advance(TimeSpan.FromMicroseconds(1));
            switch (operation % 16)
            {
                case 0 or 1:
                    harness.Clock.Advance(TimeSpan.FromMicroseconds(1 + (value % 3)));
                    break;
                case 2:
                    await harness.Store.FlushAsync();
                    break;
                case 3:
                    await harness.Store.Online.Store.CheckpointAsync(default);
                    break;
                case 4:
                    await harness.KillAsync();
                    break;
                case 5:
                    await harness.ReopenAsync();
                    break;
                case 6:
                    // By the way of the offline store.
                    rows.Add(Row.Create(harness.Now, key, eventTime % 8, 0, value, sequence++) with { EventTime = harness.Now - (eventTime % 8) });
                    await harness.Store.IngestAsync("single", BatchOf(rows[^1]));
                    await harness.Store.MaterializeAsync("single");
                    break;
                case 7 or 8:
                    var pair = Row.Create(harness.Now, key, eventTime, 0, value, sequence++) with { IsPair = true };
                    rows.Add(pair);
                    await harness.Store.PushAsync("pair", BatchOf(pair));
                    break;
                case 14:
                    await harness.Store.FlushAsync();
                    await harness.Store.CompactAsync("single", new CompactionOptions { IsFull = value % 2 == 0 });
                    await harness.Store.CompactAsync("pair");
                    break;
                case 15:
                    // What was served of the entity before has no truth any more; what is served from now on has.
                    var deleted = 1L + (key % 2);
                    await harness.Store.DeleteEntityAsync(new Dictionary<string, EntityValue> { ["id"] = deleted }, new EntityDeletionOptions { EraseOnlineFiles = value % 5 == 0 });
                    rows.RemoveAll(row => row.Id == deleted);
                    served.RemoveAll(question => question.Id == deleted);
                    break;
                default:
                    rows.Add(Row.Create(harness.Now, key, eventTime, created, value, sequence++));
                    await harness.Store.PushAsync("single", BatchOf(rows[^1]));
                    break;
            }

            await AskAsync(harness, served);
        }

        foreach (var (id, name, asOf, answer) in served)
        {
            Assert.Equal(Expected(rows, id, name, asOf), answer);
        }

        if (served.Count > 0)
        {
            Assert.Equal(served.Select(question => question.Answer), await JoinAsync(harness, served));
        }
    }

    private static async Task AskAsync(FeatureStoreHarness harness, List<(long? Id, string? Name, long AsOf, string Answer)> served)
    {
        var questions = Ids.SelectMany(id => Names.Select(name => (Id: id, Name: name))).ToList();
        var keys = questions.SelectMany(question => new EntityValue[] { question.Id, question.Name }).ToArray();
        var read = await harness.Store.ReadAsync("svc", keys);
        served.AddRange(questions.Select((question, i) => (question.Id, question.Name, harness.Now, Describe(read, i))));
    }

    private static async Task<List<string>> JoinAsync(FeatureStoreHarness harness, List<(long? Id, string? Name, long AsOf, string Answer)> served)
    {
        var spine = new RecordBatch(
            new Schema([new Field("id", Int64Type.Default, true), new Field("name", StringType.Default, true), new Field("t", Int64Type.Default, false)], null),
            [Longs(served.Select(row => row.Id)), TextsOf(served.Select(row => row.Name)), Longs(served.Select(row => (long?)row.AsOf))],
            served.Count);
        using var set = await harness.Store.CreateTrainingSetAsync("svc", spine, "t", options: new() { Mode = JoinMode.CreatedTime });
        var answers = new List<string>();
        await foreach (var batch in set.ReadAsync())
        {
            using (batch)
            {
                for (var i = 0; i < batch.Length; i++)
                {
                    answers.Add(Describe(batch, i));
                }
            }
        }

        return answers;
    }

    private static string Expected(List<Row> rows, long? id, string? name, long asOf)
    {
        var single = Best(rows.Where(row => !row.IsPair && id is not null && row.Id == id), asOf);
        var pair = Best(rows.Where(row => row.IsPair && id is not null && name is not null && row.Id == id && row.Name == name), asOf);
        var singleStatus = StatusOf(single, asOf, TimeToLive);
        var pairStatus = StatusOf(pair, asOf, Visibility.NoTimeToLive);
        var text = new StringBuilder();
        Add(text, singleStatus, single?.Flag, single?.Flag?.ToString());
        Add(text, singleStatus, single?.Float, BitsOf(single?.Float));
        Add(text, singleStatus, single?.Vector, BitsOf(single?.Vector));
        Add(text, singleStatus, single?.Text, single?.Text);
        Add(text, singleStatus, single?.Double, single?.Double is { } d ? BitConverter.DoubleToInt64Bits(d).ToString(CultureInfo.InvariantCulture) : null);
        Add(text, singleStatus, single?.Long, single?.Long?.ToString(CultureInfo.InvariantCulture));
        Add(text, pairStatus, pair?.Float, BitsOf(pair?.Float));
        return text.Append(CultureInfo.InvariantCulture, $"{single?.EventTime} {pair?.EventTime}").ToString();
    }

    private static Row? Best(IEnumerable<Row> rows, long asOf)
    {
        Row? best = null;
        foreach (var row in rows)
        {
            if (Visibility.IsVisible(row.EventTime, asOf) && Visibility.IsVisible(row.CreatedTime, asOf) && (best is null || Visibility.Supersedes(row.Version, best.Version)))
            {
                best = row;
            }
        }

        return best;
    }

    private static FeatureStatus StatusOf(Row? row, long asOf, long timeToLive)
        => row is null ? FeatureStatus.Missing : Visibility.IsExpired(row.EventTime, asOf, timeToLive) ? FeatureStatus.Expired : FeatureStatus.Present;

    private static void Add(StringBuilder text, FeatureStatus status, object? value, string? bits)
    {
        status = status == FeatureStatus.Present && value is null ? FeatureStatus.Null : status;
        text.Append(CultureInfo.InvariantCulture, $"{status}={(status == FeatureStatus.Present ? bits : string.Empty)};");
    }

    private static string? BitsOf(float? value) => value is { } number ? BitConverter.SingleToUInt32Bits(number).ToString("X8", CultureInfo.InvariantCulture) : null;

    private static string? BitsOf(ReadOnlySpan<float> vector) => string.Join(',', vector.ToArray().Select(element => BitsOf(element)));

    private static string? BitsOf(float[]? vector) => vector is null ? null : BitsOf(vector.AsSpan());

    private static string Describe(FeatureRows rows, int row)
    {
        var status = rows.StatusOf(row);
        var times = rows.EventTimesOf(row).ToArray().Select(time => time == FeatureRows.NoEventTime ? (long?)null : time).ToArray();
        var text = new StringBuilder();
        string?[] values =
        [
            rows.BooleanOf(row)[0].ToString(),
            BitsOf(rows.Float32Of(row)[0]),
            BitsOf(rows.Float32Of(row)[1..4]),
            Encoding.UTF8.GetString(rows.StringOf(row, 0)),
            BitConverter.DoubleToInt64Bits(rows.Float64Of(row)[0]).ToString(CultureInfo.InvariantCulture),
            rows.Int64Of(row)[0].ToString(CultureInfo.InvariantCulture),
            BitsOf(rows.Float32Of(row)[4]),
        ];
        for (var i = 0; i < values.Length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{status[i]}={(status[i] == FeatureStatus.Present ? values[i] : string.Empty)};");
            if (status[i] != FeatureStatus.Present)
            {
                Assert.Contains(values[i], new[] { BitsOf(float.NaN), BitsOf([float.NaN, float.NaN, float.NaN]), string.Empty, "0", "False", BitConverter.DoubleToInt64Bits(double.NaN).ToString(CultureInfo.InvariantCulture) });
            }
        }

        return text.Append(CultureInfo.InvariantCulture, $"{times[0]} {times[1]}").ToString();
    }

    private static string Describe(RecordBatch batch, int row)
    {
        var text = new StringBuilder();
        foreach (var column in Catalog.Services[0].Description.Layout.Columns)
        {
            var array = batch.Column(column.Name);
            var status = (FeatureStatus)((UInt8Array)batch.Column(TrainingSetColumns.StatusOf(column.View))).Values[row];
            status = status == FeatureStatus.Present && array.IsNull(row) ? FeatureStatus.Null : status;
            Assert.Equal(status != FeatureStatus.Present, array.IsNull(row));
            var value = status != FeatureStatus.Present ? string.Empty : array switch
            {
                FloatArray floats => BitsOf(floats.Values[row]),
                DoubleArray doubles => BitConverter.DoubleToInt64Bits(doubles.Values[row]).ToString(CultureInfo.InvariantCulture),
                Int64Array longs => longs.Values[row].ToString(CultureInfo.InvariantCulture),
                BooleanArray flags => flags.GetValue(row).ToString(),
                StringArray texts => texts.GetString(row),
                FixedSizeListArray vectors => BitsOf(VectorColumn.TryCreate(vectors)!.ValuesOf(row)),
                _ => throw new InvalidOperationException(array.GetType().Name),
            };
            text.Append(CultureInfo.InvariantCulture, $"{status}={value};");
        }

        var times = new[] { "single", "pair" }.Select(view => ((Int64Array)batch.Column(TrainingSetColumns.EventTimeOf(view))).GetValue(row)).ToArray();
        return text.Append(CultureInfo.InvariantCulture, $"{times[0]} {times[1]}").ToString();
    }

    private static RecordBatch BatchOf(Row row) => row.IsPair
        ? new RecordBatch(
            new Schema([new Field("name", StringType.Default, true), new Field("id", Int64Type.Default, true), new Field("at", Int64Type.Default, false), new Field("value", FloatType.Default, true)], null),
            [TextsOf([row.Name]), Longs([row.Id]), Longs([row.EventTime]), Float(row.Float)],
            1)
        : new RecordBatch(
            new Schema(
                [
                    new Field("id", Int64Type.Default, true), new Field("at", Int64Type.Default, false), new Field("known", Int64Type.Default, false), new Field("f32", FloatType.Default, true),
                    new Field("vec", new ListType(FloatType.Default), true),
                    new Field("text", StringType.Default, true), new Field("f64", DoubleType.Default, true), new Field("i64", Int64Type.Default, true), new Field("flag", BooleanType.Default, true),
                ],
                null),
            [
                Longs([row.Id]), Longs([row.EventTime]), Longs([row.CreatedTime]), Float(row.Float), Vector(row.Vector), TextsOf([row.Text]),
                row.Double is { } d ? new DoubleArray.Builder().Append(d).Build() : new DoubleArray.Builder().AppendNull().Build(),
                Longs([row.Long]),
                row.Flag is { } flag ? new BooleanArray.Builder().Append(flag).Build() : new BooleanArray.Builder().AppendNull().Build(),
            ],
            1);

    private static FloatArray Float(float? value) => value is { } number ? new FloatArray.Builder().Append(number).Build() : new FloatArray.Builder().AppendNull().Build();

    private static ListArray Vector(float[]? vector)
    {
        var lists = new ListArray.Builder(FloatType.Default);
        if (vector is null)
        {
            return lists.AppendNull().Build();
        }

        lists.Append();
        ((FloatArray.Builder)lists.ValueBuilder).AppendRange(vector);
        return lists.Build();
    }

    private static Int64Array Longs(IEnumerable<long?> values)
    {
        var builder = new Int64Array.Builder();
        foreach (var value in values)
        {
            builder = value is { } number ? builder.Append(number) : builder.AppendNull();
        }

        return builder.Build();
    }

    private static StringArray TextsOf(IEnumerable<string?> values)
    {
        var builder = new StringArray.Builder();
        foreach (var value in values)
        {
            builder.Append(value);
        }

        return builder.Build();
    }

    private sealed record Row(bool IsPair, long? Id, string? Name, long EventTime, long CreatedTime, long Sequence, float? Float, float[]? Vector, string? Text, double? Double, long? Long, bool? Flag)
    {
        internal RowVersion Version => new(EventTime, CreatedTime, Sequence);

        // Few times and values, so that ties, rows of the future and the edge of the time to live are common. A row is never known before it comes.
        internal static Row Create(long now, byte key, long eventTime, long created, byte value, int sequence) => new(
            IsPair: false,
            Ids[key % Ids.Length],
            Names[key / 3 % Names.Length],
            now + (eventTime % 12) - 8,
            now + (created % 3),
            sequence,
            Floats[value % Floats.Length],
            Vectors[value / 2 % Vectors.Length],
            Texts[value % Texts.Length],
            value % 5 == 0 ? null : value / 3.0,
            value % 7 == 0 ? null : value - 100,
            value % 3 == 0 ? null : value % 2 == 0);
    }
}
