using System.Reflection;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Data;

public sealed class FeatureRowTests
{
    private static readonly FeatureRowLayout Layout = new(
    [
        new("a", FeatureType.Float32, "one"),
        new("b", FeatureType.Float64, "two"),
        new("c", FeatureType.Int64, "one"),
        new("d", FeatureType.Boolean, "two"),
        new("e", FeatureType.String, "two"),
        new("f", FeatureType.Float32, "two"),
        new("g", FeatureType.String, "two"),
    ]);

    [Fact]
    public void Constructor_MoreRowsThanAnArrayHolds_NamesTheCapacity()
        => Assert.Throws<ArgumentOutOfRangeException>("capacity", () => new FeatureRows(new FeatureRowLayout([new("a", FeatureType.Float32, "v"), new("b", FeatureType.Float32, "v")]), int.MaxValue));

    [Fact]
    public void RowOf_EachRow_ShowsItsValues()
    {
        var rows = Fill(3);
        for (var i = 0; i < 3; i++)
        {
            var row = rows.RowOf(i);
            Assert.Same(Layout, row.Layout);
            Assert.Equal([i, i + 0.5f], row.Float32.ToArray());
            Assert.Equal([i + 0.25], row.Float64.ToArray());
            Assert.Equal([10L * i], row.Int64.ToArray());
            Assert.Equal([i == 1], row.Boolean.ToArray());
            Assert.Equal($"e{i}", System.Text.Encoding.UTF8.GetString(row.StringOf(0)));
            Assert.Equal($"g{i}", System.Text.Encoding.UTF8.GetString(row.StringOf(1)));
            Assert.Equal((FeatureStatus)i, row.Status[6]);
            Assert.Equal([100L + i, FeatureRows.NoEventTime], row.EventTimes.ToArray());
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void RowOf_NoSuchRow_Throws(int row)
        => Assert.Equal("row", Assert.Throws<ArgumentOutOfRangeException>(() => Fill(3).RowOf(row).Layout.Columns.Count).ParamName);

    [Fact]
    public void RowOf_ReadingARow_AllocatesNothing()
    {
        var rows = Fill(3);
        var sum = 0L;
        var allocated = Allocations.OfBestRun(() => sum = Sum(rows));

        Assert.Equal((0, 3_000), (allocated, sum));
    }

    /// <summary>What observers are lent must not let them write to the slot.</summary>
    [Fact]
    public void PredictionRecord_EverythingThatIsLent_IsToRead()
    {
        var lent = typeof(PredictionRecord).GetProperties().Concat(typeof(FeatureRow).GetProperties()).Select(p => p.PropertyType)
            .Concat(typeof(FeatureRow).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(m => m.ReturnType))
            .ToList();

        Assert.Contains(typeof(FeatureRow), lent);
        Assert.DoesNotContain(typeof(FeatureRows), lent);
        Assert.DoesNotContain(lent, t => t.IsGenericType && t.GetGenericTypeDefinition() == typeof(Span<>));
    }

    private static long Sum(FeatureRows rows)
    {
        var sum = 0L;
        for (var i = 0; i < 1_000; i++)
        {
            var row = rows.RowOf(i % 3);
            sum += row.Float32.Length + row.Float64.Length + row.Status.Length + row.EventTimes.Length + row.StringOf(1).Length - 11;
        }

        return sum;
    }

    private static FeatureRows Fill(int count)
    {
        var rows = new FeatureRows(Layout, count);
        rows.Reset(count);
        for (var i = 0; i < count; i++)
        {
            (rows.Float32Of(i)[0], rows.Float32Of(i)[1], rows.Float64Of(i)[0]) = (i, i + 0.5f, i + 0.25);
            (rows.Int64Of(i)[0], rows.BooleanOf(i)[0], rows.EventTimesOf(i)[0], rows.StatusOf(i)[6]) = (10L * i, i == 1, 100 + i, (FeatureStatus)i);
            rows.SetString(i, 0, $"e{i}");
            rows.SetString(i, 1, $"g{i}");
        }

        return rows;
    }
}
