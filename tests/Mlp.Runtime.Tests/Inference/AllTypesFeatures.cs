using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Eight features of all types, for <see cref="TestGraphs.AllTypes"/>.</summary>
internal static class AllTypesFeatures
{
    public static readonly IReadOnlyList<FeatureColumn> Columns =
    [
        new("f1", FeatureType.Float32, "company"),
        new("s1", FeatureType.String, "company"),
        new("i1", FeatureType.Int64, "company"),
        new("d1", FeatureType.Float64, "area"),
        new("f2", FeatureType.Float32, "trip"),
        new("b1", FeatureType.Boolean, "area"),
        new("i2", FeatureType.Int64, "area"),
        new("s2", FeatureType.String, "trip"),
    ];

    public static TestFeatures Create()
        => new(Columns, new KeyColumn("company", EntityValueKind.String), new KeyColumn("area", EntityValueKind.Int64))
        {
            Write = static (_, _, rows) => Fill(rows, 0),
        };

    /// <summary>Fills one row with values that depend on its number, all present but s2, which is expired.</summary>
    public static void Fill(FeatureRows rows, int row)
    {
        rows.Float32Of(row)[0] = row;
        rows.Float32Of(row)[1] = 0.5f;
        rows.Float64Of(row)[0] = 0.25;
        rows.Int64Of(row)[0] = row;
        rows.Int64Of(row)[1] = 2;
        rows.BooleanOf(row)[0] = row % 2 == 1;
        rows.SetString(row, 0, (row % 3) switch { 0 => "a", 1 => "ü", _ => "other" });
        rows.SetString(row, 1, "ü");
        rows.StatusOf(row).Fill(FeatureStatus.Present);
        rows.StatusOf(row)[7] = FeatureStatus.Expired;
    }

    /// <summary>What the graph makes of <see cref="Fill"/>.</summary>
    public static double Expected(int row)
    {
        var code = 2 + ((row % 3) switch { 0 => 1, 1 => 2, _ => 0 });
        return row + 0.5 + (10 * 0.25) + (100.0 * (row + 2)) + (1000 * (row % 2)) + (10_000 * code) + (100_000 * (7 + 3));
    }
}
