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
    public void RequireKeys_MissingColumn_SaysWhatThereIs()
    {
        TableColumns.RequireKeys(Columns, ["ID", "fare"], "model 'trips' version 3");

        var error = Assert.Throws<ArgumentException>(() => TableColumns.RequireKeys(Columns, ["id", "company"], "model 'trips' version 3"));

        Assert.Equal("Expected a column 'company' to group by, but found columns 'id', 'fare' (model 'trips' version 3).", error.Message);
    }
}
