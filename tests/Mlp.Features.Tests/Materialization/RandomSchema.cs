using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

/// <summary>Views of any keys and fields, and a service that takes some of them once or twice by other keys, in any order of features, with or without features of the request.</summary>
internal sealed class RandomSchema
{
    private static readonly (string Name, EntityValueKind Kind)[] KeyPool = [("id", EntityValueKind.Int64), ("name", EntityValueKind.String), ("uid", EntityValueKind.Guid)];
    private static readonly string?[] Texts = ["", "x", "grüße", "a\0b", null];
    private static readonly Guid[] Guids = [Guid.Empty, Guid.Parse("0188f2a0-7a4c-7c11-9d1e-2f3a4b5c6d7e")];

    private readonly Random _random;

    public RandomSchema(int seed)
    {
        _random = new Random(seed);
        var builder = new FeaturesBuilder().AddOnDemand<Ask, Told>(Told.From).AddOnDemand<Ask, Known, Mixed>(Mixed.From);
        var views = Enumerable.Range(0, _random.Next(1, 4)).Select(CreateView).ToList();
        views.ForEach(view => builder.Add(view));
        var known = CreateKnown();
        builder.Add(known);
        Views = [.. views, known];
        Catalog = builder.AddService("svc", 1, service =>
        {
            foreach (var view in views.OrderBy(_ => _random.Next()))
            {
                service.From(view.Name, 1, Choose(view)).As(view.Name);
                for (var copy = 0; _random.Next(3) == 0 && copy < 2; copy++)
                {
                    var prefix = $"{view.Name}_again{copy}";
                    service.From(view.Name, 1, Choose(view)).As(prefix).WithKeys([.. view.Keys.Select(key => (key.Name, $"other{copy}_{key.Name}"))]);
                }
            }

            if (_random.Next(4) > 0)
            {
                service.From<Told>();
            }

            if (_random.Next(4) > 0)
            {
                // The features that it computes from stand in front of it and behind.
                service.From("known", 1, "f").As("known").From<Mixed>().From("known", 1, "v", "s", "n").As("again").WithKeys(("id", "other_id"));
            }
        }).Build();
    }

    public FeatureCatalog Catalog { get; }

    public IReadOnlyList<FeatureViewDefinition> Views { get; }

    public FeatureServiceDefinition Service => Catalog.Services[0];

    /// <summary>Keys of a row or of a question: few values, so that rows meet, and sometimes null.</summary>
    public EntityValue CreateKey(EntityValueKind kind) => _random.Next(8) == 0 ? EntityValue.Null : kind switch
    {
        EntityValueKind.Int64 => _random.Next(2) == 0 ? 7L : long.MinValue,
        EntityValueKind.String => _random.Next(2) == 0 ? string.Empty : "ü",
        _ => Guids[_random.Next(2)],
    };

    public Ask CreateRequest() => new(CreateFloat() ?? 0, _random.Next(3) == 0 ? null : _random.NextDouble(), _random.Next(3) == 0 ? null : _random.Next(), _random.Next(3) switch { 0 => null, var b => b == 1 }, Texts[_random.Next(Texts.Length)], CreateVector(3));

    /// <summary>Some rows of a view as a source would bring them.</summary>
    /// <param name="view">The view.</param>
    /// <param name="now">The time, microseconds.</param>
    /// <param name="isVisible">Whether all rows are known and true by now, or may lie in the future.</param>
    public RecordBatch CreateRows(FeatureViewDefinition view, long now, bool isVisible)
    {
        var count = _random.Next(1, 4);
        var fields = new List<Field>();
        var columns = new List<IArrowArray>();
        foreach (var key in view.Keys)
        {
            var column = new ColumnBuilder(key.Kind == EntityValueKind.Int64 ? FeatureType.Int64 : FeatureType.String);
            for (var i = 0; i < count; i++)
            {
                column.AppendKey(CreateKey(key.Kind));
            }

            Add(key.Name, column.Build());
        }

        // A row is never known before it comes.
        var hasCreated = view.CreatedTimeColumn is not null;
        Add("at", Times(() => hasCreated ? now - _random.Next(12) + (isVisible ? 0 : _random.Next(4)) : now + (isVisible ? 0 : _random.Next(4))));
        if (hasCreated)
        {
            Add("known", Times(() => now + (isVisible ? 0 : _random.Next(4))));
        }

        foreach (var field in view.Fields)
        {
            var column = new ColumnBuilder(field.Type, field.Length);
            for (var i = 0; i < count; i++)
            {
                Append(column, field);
            }

            Add(field.Name, column.Build());
        }

        return new RecordBatch(new Schema(fields, null), columns, count);

        void Add(string name, IArrowArray column)
        {
            fields.Add(new Field(name, column.Data.DataType, true));
            columns.Add(column);
        }

        Int64Array Times(Func<long> time) => new Int64Array.Builder().AppendRange(Enumerable.Range(0, count).Select(_ => time())).Build();
    }

    private FeatureViewDefinition CreateView(int number)
    {
        var view = new FeatureViewBuilder($"v{number}").EventTime("at");
        _ = _random.Next(3) == 0 ? view.CreatedTimeEqualsEventTime() : view.CreatedTime("known");
        foreach (var (name, kind) in KeyPool.OrderBy(_ => _random.Next()).Take(_random.Next(1, 4)))
        {
            view.Key(name, kind);
        }

        for (var i = 0; i < 6; i++)
        {
            _ = _random.Next(6) is var type && type == 5 ? view.Vector($"f{i}", _random.Next(2, 6)) : view.Feature($"f{i}", Enum.GetValues<FeatureType>()[type]);
        }

        return view.TimeToLive(_random.Next(3) == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(_random.Next(1, 9))).Build();
    }

    /// <summary>A view with the features that <see cref="Known"/> takes.</summary>
    private FeatureViewDefinition CreateKnown() => new FeatureViewBuilder("known").Key("id", EntityValueKind.Int64).EventTime("at").CreatedTime("known")
        .Feature("f", FeatureType.Float32).Vector("v", 2).Feature("s", FeatureType.String).Feature("n", FeatureType.Int64).TimeToLive(TimeSpan.FromMicroseconds(_random.Next(1, 9))).Build();

    private string[] Choose(FeatureViewDefinition view) => [.. view.Fields.Select(f => f.Name).OrderBy(_ => _random.Next()).Take(_random.Next(1, view.Fields.Count + 1))];

    private void Append(ColumnBuilder column, FeatureField field)
    {
        var isNull = _random.Next(5) == 0;
        switch (field.Type)
        {
            case FeatureType.Float32 when field.IsVector && CreateVector(field.Length) is { } vector:
                column.Append(vector);
                break;
            case FeatureType.Float32 when !field.IsVector && CreateFloat() is { } number:
                column.Append(number);
                break;
            case FeatureType.Float64 when !isNull:
                column.Append(BitConverter.Int64BitsToDouble(_random.NextInt64()));
                break;
            case FeatureType.Int64 when !isNull:
                column.Append(_random.NextInt64(long.MinValue, long.MaxValue));
                break;
            case FeatureType.Boolean when !isNull:
                column.Append(_random.Next(2) == 0);
                break;
            case FeatureType.String when Texts[_random.Next(Texts.Length)] is { } text:
                column.Append(text);
                break;
            default:
                column.AppendNull();
                break;
        }
    }

    /// <summary>Any bits: signalling and quiet NaNs, negative zeros, denormals.</summary>
    private float? CreateFloat() => _random.Next(6) switch { 0 => null, 1 => -0f, 2 => float.NaN, _ => BitConverter.Int32BitsToSingle(_random.Next(int.MinValue, int.MaxValue)) };

    private float[]? CreateVector(int length) => _random.Next(5) == 0 ? null : [.. Enumerable.Range(0, length).Select(_ => CreateFloat() ?? 1)];

    /// <summary>A request of all types.</summary>
    internal sealed record Ask(float F, double? D, int? N, bool? B, string? S, [property: Feature(Length = 3)] float[]? V);

    /// <summary>What is computed from it.</summary>
    internal readonly record struct Told(float Half, double? Root, long? Square, bool IsKnown, string? Shout, [property: Feature(Length = 2)] float[]? Ends)
    {
        internal static Told From(Ask ask) => new(
            ask.F / 2, Math.Sqrt(ask.D ?? -1), (long?)ask.N * ask.N, ask.B is not null, ask.S is null ? null : ask.S + "!", ask.V is null ? null : [ask.V[2], -ask.V[0]]);
    }

    /// <summary>Stored features, of one view by two keys.</summary>
    internal sealed record Known(float? KnownF, FeatureStatus KnownFStatus, [property: Feature(Length = 2)] float[]? AgainV, string? AgainS, FeatureStatus AgainSStatus, long? AgainN);

    /// <summary>What is computed from both.</summary>
    internal readonly record struct Mixed(float? Product, string Statuses, [property: Feature(Length = 3)] float[]? Longer, double Sum)
    {
        internal static Mixed From(Ask ask, Known known) => new(
            ask.F * known.KnownF, $"{known.KnownFStatus} {known.AgainSStatus} {known.AgainS}", known.AgainV is null ? null : [ask.F, .. known.AgainV], (ask.D ?? 0) + (known.AgainN ?? double.NaN));
    }
}
