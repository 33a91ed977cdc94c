using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Tests.Scoring;

public sealed class TableColumnsTests
{
    private static readonly DataType.Types.StructField[] Columns = [new() { Name = "id" }, new() { Name = "fare" }];

    [Fact]
    public void Keep_ColumnTwice_IsRefused()
    {
        var named = Assert.Throws<ArgumentException>(() => TableColumns.Keep(Columns, ["id", "fare", "id"], "model 'trips' version 3"));
        var all = Assert.Throws<ArgumentException>(() => TableColumns.Keep([.. Columns, Columns[1]], null, "model 'trips' version 3"));

        Assert.Equal("Expected each column to keep once, but found 'id' twice (model 'trips' version 3).", named.Message);
        Assert.Equal("Expected each column to keep once, but found 'fare' twice (model 'trips' version 3).", all.Message);
    }

    [Fact]
    public void Keep_NamesThatDifferInCaseAlone_AreToldApartWhereSparkDoes()
    {
        DataType.Types.StructField[] columns = [.. Columns, new() { Name = "FARE" }];

        var all = Assert.Throws<ArgumentException>(() => TableColumns.Keep(columns, null, "model 'trips' version 3", StringComparer.OrdinalIgnoreCase));
        var named = Assert.Throws<ArgumentException>(() => TableColumns.Keep(columns, ["fare"], "model 'trips' version 3", StringComparer.OrdinalIgnoreCase));
        var missing = Assert.Throws<ArgumentException>(() => TableColumns.Keep(columns, ["ID"], "model 'trips' version 3", StringComparer.OrdinalIgnoreCase));

        Assert.Equal("Expected each column to keep once, but found 'fare' and 'FARE', which Spark takes for one name (model 'trips' version 3).", all.Message);
        Assert.Equal("Expected a column 'fare' to keep, but found 'fare' and 'FARE', which Spark takes for one name (model 'trips' version 3).", named.Message);
        Assert.Equal("Expected a column 'ID' to keep, but found 'id', whose name differs in case (model 'trips' version 3).", missing.Message);
        Assert.Equal(3, TableColumns.Keep(columns, null, "model 'trips' version 3", StringComparer.Ordinal).Count);
    }

    [Fact]
    public void RequireKeys_MissingColumn_SaysWhatThereIs()
    {
        TableColumns.RequireKeys(Columns, ["ID", "fare"], "model 'trips' version 3");

        var error = Assert.Throws<ArgumentException>(() => TableColumns.RequireKeys(Columns, ["id", "company"], "model 'trips' version 3"));

        Assert.Equal("Expected a column 'company' to group by, but found columns 'id', 'fare' (model 'trips' version 3).", error.Message);
    }
}
