using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Materialization;

/// <summary>
/// Training and serving have the same bits, whatever the schema: for random views, services and histories, what the online store and the writer of on-demand features gave at the time of a question is what the
/// point-in-time join gives for that entity, time and request, statuses and event times included.
/// </summary>
public sealed class RandomSchemaProperties
{
    private const int Operations = 40;

    public static TheoryData<long, int> Rounds
    {
        get
        {
            var rounds = new TheoryData<long, int>();
            for (var round = 0; round < TestRounds.Count; round++)
            {
                rounds.Add(round % 2 == 0 ? 0 : OnlineTestViews.SmallHotTier, round);
            }

            return rounds;
        }
    }

    [Theory]
    [MemberData(nameof(Rounds))]
    public async Task ServedAndJoined_AnySchemaAndHistory_AreTheSameBits(long hotTierSize, int seed)
    {
        var schema = new RandomSchema(seed);
        var random = new Random(seed);
        await using var harness = new FeatureStoreHarness(schema.Catalog, hotTierSize);
        await harness.OpenAsync();
        var questions = new List<Question>();
        for (var i = 0; i < Operations; i++)
        {
            // What is asked at t knows nothing of a row that comes at t but later.
            harness.Clock.Advance(TimeSpan.FromMicroseconds(1 + (random.Next(3) == 0 ? random.Next(5) : 0)));
            await ChangeAsync(harness, schema, random);
            questions.Add(await AskAsync(harness, schema));
        }

        using var set = await harness.Store.CreateTrainingSetAsync("svc", SpineOf(schema.Service, questions), "t", options: new TrainingSetOptions { Mode = JoinMode.CreatedTime });
        var joined = new List<string>();
        await foreach (var batch in set.ReadAsync())
        {
            joined.AddRange(Enumerable.Range(0, batch.Length).Select(row => Describe(schema.Service, batch, row)));
        }

        Assert.Equal(questions.Select(q => q.Answer), joined);
        Assert.True((await harness.Store.CheckLeakageAsync(set)).IsClean);
        using var again = await harness.Store.ReproduceAsync(set);
        Assert.Equal(set.Manifest.ContentHash, again.Manifest.ContentHash);
    }

    private static async Task ChangeAsync(FeatureStoreHarness harness, RandomSchema schema, Random random)
    {
        var view = schema.Views[random.Next(schema.Views.Count)];
        switch (random.Next(10))
        {
            case 0:
                await harness.Store.FlushAsync();
                break;
            case 1:
                await harness.KillAsync();
                break;
            case 2:
                await harness.Store.CompactAsync(view.Name);
                break;
            case 3 or 4:
                await harness.Store.IngestAsync(view.Name, schema.CreateRows(view, harness.Now, isVisible: true));
                await harness.Store.MaterializeAsync(view.Name);
                break;
            default:
                await harness.Store.PushAsync(view.Name, schema.CreateRows(view, harness.Now, isVisible: false));
                break;
        }
    }

    private static async Task<Question> AskAsync(FeatureStoreHarness harness, RandomSchema schema)
    {
        var reader = harness.Store.FindService("svc")!;
        var rows = new FeatureRows(reader.Description.Layout, 1);
        rows.Reset(1);
        EntityValue[] keys = [.. reader.Description.Keys.Select(key => schema.CreateKey(key.Kind))];
        var request = schema.CreateRequest();
        await reader.ReadAsync(keys, harness.Now, rows, 0, 1);
        reader.FindRequestWriter<RandomSchema.Ask>()?.Invoke(request, rows, 0);
        return new Question(keys, harness.Now, request, Describe(schema.Service, rows));
    }

    private static RecordBatch SpineOf(FeatureServiceDefinition service, List<Question> questions)
    {
        var fields = new List<Field>();
        var columns = new List<IArrowArray>();
        foreach (var (key, part) in service.Description.Keys.Select((key, part) => (key, part)))
        {
            var column = new ColumnBuilder(key.Kind == EntityValueKind.Int64 ? FeatureType.Int64 : FeatureType.String);
            questions.ForEach(q => column.AppendKey(q.Keys[part]));
            Add(key.Name, column.Build());
        }

        Add("t", new Int64Array.Builder().AppendRange(questions.Select(q => q.Time)).Build());
        var requests = new RequestColumns();
        questions.ForEach(q => requests.Append(q.Request));
        foreach (var (name, column) in requests.Build())
        {
            Add(name, column);
        }

        return new RecordBatch(new Schema(fields, null), columns, questions.Count);

        void Add(string name, IArrowArray column)
        {
            fields.Add(new Field(name, column.Data.DataType, true));
            columns.Add(column);
        }
    }

    private static string Describe(FeatureServiceDefinition service, FeatureRows rows) => Describe(service, (column, _) =>
    {
        var (feature, offset) = (rows.Layout.Columns[column], rows.Layout.OffsetOf(column));
        var status = rows.StatusOf(0)[column];
        var time = rows.EventTimesOf(0)[rows.Layout.ViewIndexOf(column)];
        var bits = feature.Type switch
        {
            FeatureType.Float32 when feature.IsVector => FeatureBits.Of(rows.Float32Of(0).Slice(offset, feature.Length)),
            FeatureType.Float32 => new FeatureBits(false, BitConverter.SingleToInt32Bits(rows.Float32Of(0)[offset]), null),
            FeatureType.Float64 => new FeatureBits(false, BitConverter.DoubleToInt64Bits(rows.Float64Of(0)[offset]), null),
            FeatureType.Int64 => new FeatureBits(false, rows.Int64Of(0)[offset], null),
            FeatureType.Boolean => new FeatureBits(false, rows.BooleanOf(0)[offset] ? 1 : 0, null),
            _ => new FeatureBits(false, 0, System.Text.Encoding.UTF8.GetString(rows.StringOf(0, offset))),
        };
        return (status, bits, time == FeatureRows.NoEventTime ? null : time);
    });

    private static string Describe(FeatureServiceDefinition service, RecordBatch batch, int row) => Describe(service, (column, view) =>
    {
        var bits = LeakageSample.Bits(batch.Column(service.Description.Layout.Columns[column].Name), row);
        var isStored = view.View is not null;
        var status = isStored ? (FeatureStatus)((UInt8Array)batch.Column(TrainingSetColumns.StatusOf(view.Name))).Values[row] : FeatureStatus.Present;
        var time = isStored ? ((Int64Array)batch.Column(TrainingSetColumns.EventTimeOf(view.Name))).GetValue(row) : null;
        return (status == FeatureStatus.Present && bits.IsNull ? FeatureStatus.Null : status, bits, time);
    });

    private static string Describe(FeatureServiceDefinition service, Func<int, FeatureServiceView, (FeatureStatus Status, FeatureBits Bits, long? Time)> read)
        => string.Join("; ", service.Views.SelectMany(view => view.Columns.Select(column =>
        {
            var (status, bits, time) = read(column.ColumnIndex, view);
            return FormattableString.Invariant($"{service.Description.Layout.Columns[column.ColumnIndex].Name} {status} {(status == FeatureStatus.Present ? $"{bits.Number} {bits.Text}" : string.Empty)} {time}");
        })));

    private sealed record Question(EntityValue[] Keys, long Time, RandomSchema.Ask Request, string Answer);

    /// <summary>The fields of requests as columns, made by hand.</summary>
    private sealed class RequestColumns
    {
        private readonly ColumnBuilder _f = new(FeatureType.Float32);
        private readonly ColumnBuilder _d = new(FeatureType.Float64);
        private readonly ColumnBuilder _n = new(FeatureType.Int64);
        private readonly ColumnBuilder _b = new(FeatureType.Boolean);
        private readonly ColumnBuilder _s = new(FeatureType.String);
        private readonly ColumnBuilder _v = new(FeatureType.Float32, 3);

        internal void Append(RandomSchema.Ask ask)
        {
            _f.Append(ask.F);
            Append(_d, ask.D is not null, () => _d.Append(ask.D!.Value));
            Append(_n, ask.N is not null, () => _n.Append((long)ask.N!.Value));
            Append(_b, ask.B is not null, () => _b.Append(ask.B!.Value));
            Append(_s, ask.S is not null, () => _s.Append(ask.S!));
            Append(_v, ask.V is not null, () => _v.Append(ask.V.AsSpan()));
        }

        internal IEnumerable<(string Name, IArrowArray Column)> Build()
            => [("f", _f.Build()), ("d", _d.Build()), ("n", _n.Build()), ("b", _b.Build()), ("s", _s.Build()), ("v", _v.Build())];

        private static void Append(ColumnBuilder column, bool isPresent, Action append)
        {
            if (isPresent)
            {
                append();
            }
            else
            {
                column.AppendNull();
            }
        }
    }
}
