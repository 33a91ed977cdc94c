using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.CrashChild.Steps;

/// <summary>The definitions that steps work with, and their rows as batches.</summary>
public static class StoreViews
{
    /// <summary>Name of the view with two versions.</summary>
    public const string Measured = "measured";

    /// <summary>Name of the view with two keys.</summary>
    public const string Pair = "pair";

    /// <summary>Name of the service over the first version and the pairs.</summary>
    public const string FirstService = "first";

    /// <summary>Name of the service over the second version.</summary>
    public const string SecondService = "second";

    private static readonly FeatureViewDefinition First = new FeatureViewBuilder(Measured, 1)
        .Key("id", EntityValueKind.Int64).EventTime("at").CreatedTime("known").Feature("number", FeatureType.Float32).Feature("text", FeatureType.String)
        .TimeToLive(TimeOf(TimeToLiveOf(StoreView.First))).Build();

    private static readonly FeatureViewDefinition Second = new FeatureViewBuilder(Measured, 2)
        .Key("id", EntityValueKind.Int64).EventTime("at").CreatedTime("known").Feature("label", FeatureType.String).Feature("number", FeatureType.Float64).Feature("extra", FeatureType.Int64)
        .TimeToLive(TimeOf(TimeToLiveOf(StoreView.Second))).Build();

    private static readonly FeatureViewDefinition Pairs = new FeatureViewBuilder(Pair)
        .Key("name", EntityValueKind.String).Key("id", EntityValueKind.Int64).EventTime("at").Feature("amount", FeatureType.Float32).Build();

    /// <summary>The definition of a view.</summary>
    /// <param name="view">The view.</param>
    public static FeatureViewDefinition DefinitionOf(StoreView view) => view switch
    {
        StoreView.First => First,
        StoreView.Second => Second,
        _ => Pairs,
    };

    /// <summary>The time to live of a view's rows, microseconds; 0 for any.</summary>
    /// <param name="view">The view.</param>
    public static long TimeToLiveOf(StoreView view) => view switch
    {
        StoreView.First => 6 * StoreStep.Unit,
        StoreView.Second => 9 * StoreStep.Unit,
        _ => 0,
    };

    /// <summary>What the application defines.</summary>
    /// <param name="evolved">Whether it has the second version.</param>
    public static FeatureCatalog CatalogOf(bool evolved)
    {
        var features = new FeaturesBuilder().Add(First).Add(Pairs).AddService(FirstService, 1, service => service.From(Measured, 1).From(Pair, 1));
        if (evolved)
        {
            features.Add(Second, evolution => evolution.EvolvesFrom(1).Renamed("text", "label")).AddService(SecondService, 1, service => service.From(Measured, 2));
        }

        return features.Build();
    }

    /// <summary>Rows as a batch of their view's source.</summary>
    /// <param name="rows">Rows of one view.</param>
    public static RecordBatch BatchOf(IReadOnlyList<StoreRow> rows)
    {
        var view = rows[0].View;
        var columns = new RecordBatch.Builder()
            .Append("id", true, Longs(rows.Select(row => row.Id)))
            .Append("at", false, Longs(rows.Select(row => (long?)row.EventTime)));
        return view switch
        {
            StoreView.First => columns.Append("known", false, Longs(rows.Select(row => (long?)row.CreatedTime))).Append("number", true, Floats(rows)).Append("text", true, Texts(rows.Select(row => row.Text))).Build(),
            StoreView.Second => columns.Append("known", false, Longs(rows.Select(row => (long?)row.CreatedTime))).Append("number", true, Doubles(rows)).Append("label", true, Texts(rows.Select(row => row.Text)))
                .Append("extra", true, Longs(rows.Select(row => row.Extra))).Build(),
            _ => columns.Append("name", true, Texts(rows.Select(row => row.Name))).Append("amount", true, Floats(rows)).Build(),
        };
    }

    private static TimeSpan TimeOf(long microseconds) => TimeSpan.FromMicroseconds(microseconds);

    private static Int64Array Longs(IEnumerable<long?> values)
    {
        var builder = new Int64Array.Builder();
        foreach (var value in values)
        {
            builder = value is { } number ? builder.Append(number) : builder.AppendNull();
        }

        return builder.Build();
    }

    private static FloatArray Floats(IEnumerable<StoreRow> rows)
    {
        var builder = new FloatArray.Builder();
        foreach (var row in rows)
        {
            builder = row.Number is { } number ? builder.Append(number) : builder.AppendNull();
        }

        return builder.Build();
    }

    private static DoubleArray Doubles(IEnumerable<StoreRow> rows)
    {
        var builder = new DoubleArray.Builder();
        foreach (var row in rows)
        {
            builder = row.Number is { } number ? builder.Append(number) : builder.AppendNull();
        }

        return builder.Build();
    }

    private static StringArray Texts(IEnumerable<string?> values)
    {
        var builder = new StringArray.Builder();
        foreach (var value in values)
        {
            builder.Append(value);
        }

        return builder.Build();
    }
}
