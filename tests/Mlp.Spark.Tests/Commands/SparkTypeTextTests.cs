using Apache.Arrow.Types;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Tests.Commands;

public class SparkTypeTextTests
{
    [Theory]
    [InlineData("double", "double")]
    [InlineData(" LONG ", "bigint")]
    [InlineData("decimal(18, 4)", "decimal(18,4)")]
    [InlineData("decimal", "decimal(10,0)")]
    [InlineData("decimal(7)", "decimal(7,0)")]
    [InlineData("array<float>", "array<float>")]
    [InlineData("map<string,array<int>>", "map<string,array<int>>")]
    [InlineData("struct<a: int, `b c` string, d struct<e:timestamp>>", "struct<a:int,`b c`:string,d:struct<e:timestamp>>")]
    [InlineData("struct<`a``b`:timestamp_ntz,c:date,d:binary,e:boolean,f:tinyint,g:smallint,h:void>", "struct<`a``b`:timestamp_ntz,c:date,d:binary,e:boolean,f:tinyint,g:smallint,h:void>")]
    public void Of_TypeThatWasRead_IsSparksWord(string text, string expected)
        => Assert.Equal(expected, SparkTypeText.Of(SparkTypeText.Parse(text, "a column")));

    [Theory]
    [InlineData("")]
    [InlineData("duble")]
    [InlineData("array<double")]
    [InlineData("array<double>>")]
    [InlineData("decimal(39,1)")]
    [InlineData("decimal(4,5)")]
    [InlineData("struct<>")]
    [InlineData("struct<a:int,>")]
    [InlineData("map<int>")]
    [InlineData("double double")]
    [InlineData("struct<`a:int>")]
    public void Parse_NoType_IsRefusedWithASentence(string text)
    {
        var error = Assert.Throws<CommandException>(() => SparkTypeText.Parse(text, "column 'x'"));

        Assert.Contains($"for column 'x', such as double", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"but found '{text}'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_TypesNestedWithoutEnd_IsRefused()
        => Assert.Throws<CommandException>(() => SparkTypeText.Parse(string.Concat(Enumerable.Repeat("array<", 100_000)) + "int" + new string('>', 100_000), "a column"));

    [Fact]
    public void Parse_Array_HasNullableElementsOfSparksName()
    {
        var list = Assert.IsType<ListType>(SparkTypeText.Parse("array<double>", "a column"));

        Assert.Equal("element", list.ValueField.Name);
        Assert.True(list.ValueField.IsNullable);
    }

    [Fact]
    public void Of_TypesThatSparkLacks_IsNull()
    {
        Assert.Null(SparkTypeText.Of(UInt32Type.Default));
        Assert.Null(SparkTypeText.Of(HalfFloatType.Default));
        Assert.Null(SparkTypeText.Of(new TimestampType(TimeUnit.Nanosecond, "UTC")));
        Assert.Null(SparkTypeText.Of(new ListType(UInt8Type.Default)));
    }
}
