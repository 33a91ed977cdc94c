using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Tests.Connect;

public sealed class SparkTypesTests
{
    [Fact]
    public void ToColumn_VectorOfTheServersMlLibrary_FeedsAVector()
    {
        // As a server describes it: without the type of its parts.
        var column = SparkTypes.ToColumn(new DataType.Types.StructField { Name = "x", DataType = new DataType { Udt = new() { Type = "udt", JvmClass = "org.apache.spark.ml.linalg.VectorUDT" } } });

        Assert.Equal("ml vector", column.Description);
        Assert.True(ColumnFit.Holds(column.Type, FeatureType.Float32, isVector: true, round: true));
        Assert.IsType<StructType>(column.Type);
    }

    [Fact]
    public void ToColumn_TypeOfAnotherLibrary_HasNoType()
    {
        var column = SparkTypes.ToColumn(new DataType.Types.StructField { Name = "x", DataType = new DataType { Udt = new() { Type = "udt", JvmClass = "com.example.PointUDT" } } });

        Assert.Null(column.Type);
        Assert.Equal("Udt", column.Description);
    }
}
