using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect;
using Mlp.Spark.Scoring;
using Mlp.TestSupport;
using DataType = Mlp.Spark.Connect.Protocol.DataType;

namespace Mlp.Spark.Tests.Scoring;

public sealed class ScoreBindingTests
{
    private static readonly ListType Doubles = new(new Field("element", DoubleType.Default, true));
    private static readonly StructType MlVector = new(
    [
        new Field("type", Int8Type.Default, false),
        new Field("size", Int32Type.Default, true),
        new Field("indices", new ListType(new Field("element", Int32Type.Default, false)), true),
        new Field("values", Doubles, true),
    ]);

    private static readonly (string, IArrowType)[] Columns = [("fare", FloatType.Default), ("miles", FloatType.Default), ("company", StringType.Default)];

    [Fact]
    public void Bind_ColumnsOfTheFeaturesNames_AreTakenInTheModelsOrder()
    {
        var inputs = Bind(Described(), new(), ("id", Int64Type.Default), ("miles", FloatType.Default), ("company", StringType.Default), ("fare", FloatType.Default));

        Assert.Equal([new InputColumn("fare", "fare"), new InputColumn("miles", "miles"), new InputColumn("company", "company")], inputs);
    }

    [Fact]
    public void Bind_MappedColumn_IsTaken()
    {
        var options = new SparkScoreOptions { Columns = new Dictionary<string, string> { ["fare"] = "price" } };

        var inputs = Bind(Described(), options, ("price", FloatType.Default), ("fare", StringType.Default), ("miles", FloatType.Default), ("company", StringType.Default));

        Assert.Equal("price", inputs[0].Column);
    }

    [Fact]
    public void Bind_MissingColumn_SaysWhatThereIs()
    {
        var error = Assert.Throws<ArgumentException>(() => Bind(Described(), new(), ("fare", FloatType.Default)));

        Assert.Equal("Expected a column 'miles' of type Float32 for feature 'miles', but found columns 'fare' (model 'trips' version 3).", error.Message);
    }

    [Fact]
    public void Bind_ColumnOfAnotherCase_SaysSo()
    {
        (string, IArrowType)[] columns = [("FARE", FloatType.Default), ("miles", FloatType.Default), ("company", StringType.Default)];

        var error = Assert.Throws<ArgumentException>(() => Bind(Described(), new(), columns));

        Assert.Equal("Expected a column 'fare' of type Float32 for feature 'fare', but found 'FARE', whose name differs in case (model 'trips' version 3).", error.Message);
        Assert.Equal("FARE", Bind(Described(), new() { Columns = new Dictionary<string, string> { ["fare"] = "FARE" } }, columns)[0].Column);
    }

    [Fact]
    public void Bind_ColumnsThatDifferInCaseAlone_AreToldApartWhereSparkDoes()
    {
        (string, IArrowType)[] columns = [("fare", FloatType.Default), ("FARE", FloatType.Default), ("miles", FloatType.Default), ("company", StringType.Default)];

        var error = Assert.Throws<ArgumentException>(() => Bind(Described(), new(), columns));
        var twice = Assert.Throws<ArgumentException>(() => Bind(Described(), new(), [.. columns, columns[0]]));
        var inputs = new ScoreBinding(Described(), new()).Bind([.. columns.Select(c => Column(c.Item1, c.Item2))], names: StringComparer.Ordinal);

        Assert.Equal("Expected a column 'fare' of type Float32 for feature 'fare', but found 'fare' and 'FARE', which Spark takes for one name (model 'trips' version 3).", error.Message);
        Assert.Contains("but found 'fare' and 'FARE', which", twice.Message, StringComparison.Ordinal);
        Assert.Equal("fare", inputs[0].Column);
    }

    [Fact]
    public void Bind_DoubleForFloat32_IsRefusedUnlessRoundingIsAllowed()
    {
        (string, IArrowType)[] columns = [("fare", DoubleType.Default), ("miles", FloatType.Default), ("company", StringType.Default)];

        var error = Assert.Throws<ArgumentException>(() => Bind(Described(), new(), columns));
        var inputs = Bind(Described(), new() { RoundToFloat32 = true }, columns);

        Assert.Equal(
            "Expected column 'fare' to hold feature 'fare' of type Float32, but found type double (model 'trips' version 3). RoundToFloat32 rounds its values.",
            error.Message.Replace("SparkScoreOptions.", string.Empty, StringComparison.Ordinal));
        Assert.True(inputs[0].Round);
        Assert.False(inputs[2].Round);
    }

    [Fact]
    public void Bind_TextForANumber_IsRefusedWithoutAdvice()
    {
        var error = Assert.Throws<ArgumentException>(() => Bind(Described(), new(), ("fare", StringType.Default), ("miles", FloatType.Default), ("company", StringType.Default)));

        Assert.Equal("Expected column 'fare' to hold feature 'fare' of type Float32, but found type string (model 'trips' version 3).", error.Message);
    }

    [Fact]
    public void Bind_MappingOfAnUnknownFeature_IsRefused()
    {
        var options = new SparkScoreOptions { Columns = new Dictionary<string, string> { ["fair"] = "fare" } };

        var error = Assert.Throws<ArgumentException>(() => Bind(Described(), options, ("fare", FloatType.Default)));

        Assert.Contains("found 'fair'; it has 'fare', 'miles', 'company'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_MatrixOfNoDescription_TakesOneColumnOfVectors()
    {
        Assert.Equal([new InputColumn("x", "x", true)], Bind(Matrix(), new() { RoundToFloat32 = true }, ("x", Doubles)));
        Assert.Equal([new InputColumn("x", "v", true)], Bind(Matrix(), new() { RoundToFloat32 = true, Columns = new Dictionary<string, string> { ["x"] = "v" } }, ("v", MlVector)));

        var error = Assert.Throws<ArgumentException>(() => Bind(Matrix(), new(), ("x", MlVector)));
        Assert.StartsWith("Expected column 'x' to hold feature 'x' of type Float32[3], but found type ml vector", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_MatrixOfNoDescription_TakesAColumnPerValue()
    {
        var inputs = Bind(Matrix(), new(), ("x[0]", FloatType.Default), ("x[1]", FloatType.Default), ("x[2]", FloatType.Default));

        Assert.Equal(["x[0]", "x[1]", "x[2]"], inputs.Select(i => i.Feature));
    }

    [Fact]
    public void Bind_MatrixOfNoDescription_SaysWhichTypeItsColumnHas()
    {
        var text = Assert.Throws<ArgumentException>(() => Bind(Matrix(), new(), ("x", StringType.Default)));
        var integers = Assert.Throws<ArgumentException>(() => Bind(Matrix(), new() { RoundToFloat32 = true }, ("x", new ListType(new Field("element", Int32Type.Default, true)))));

        Assert.EndsWith("but found type string (model 'trips' version 3). array<float> is taken, and with SparkScoreOptions.RoundToFloat32 array<double> and ml vectors.", text.Message, StringComparison.Ordinal);
        Assert.Equal("Expected column 'x' to hold feature 'x' of type Float32[3], but found type array<int> (model 'trips' version 3). array<float>, array<double> and ml vectors are taken.", integers.Message);
    }

    [Fact]
    public void BindArguments_CountOrType_IsChecked()
    {
        var binding = new ScoreBinding(Described(), new());

        var count = Assert.Throws<ArgumentException>(() => binding.BindArguments([Column("a", FloatType.Default)], 1));
        var type = Assert.Throws<ArgumentException>(() => binding.BindArguments([Column("a", FloatType.Default), Column("b", BooleanType.Default), Column("c", StringType.Default)], 3));

        Assert.Equal("Expected one argument for each of 3 features ('fare', 'miles', 'company'), but found 1 (model 'trips' version 3).", count.Message);
        Assert.StartsWith("Expected column 'b' to hold feature 'miles' of type Float32, but found type boolean", type.Message, StringComparison.Ordinal);
        Assert.Equal(["fare", "miles", "company"], binding.BindArguments(null, null).Select(i => i.Feature));
        Assert.Equal(["x"], new ScoreBinding(Matrix(), new() { RoundToFloat32 = true }).BindArguments([Column("v", Doubles)], 1).Select(i => i.Feature));
    }

    [Fact]
    public void BindArguments_NullsOfAnUnknownFeature_AreRefused()
    {
        var nulls = new NullOptions();
        nulls.Features["fair"] = new FeatureNullOptions { Policy = NullPolicy.NaN };

        var error = Assert.Throws<ArgumentException>(() => new ScoreBinding(Described(), new() { Nulls = nulls }).BindArguments(null, null));

        Assert.Contains("found 'fair'; it has 'fare', 'miles', 'company'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromPackage_UriForAPathOfThisMachine_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => SparkModel.FromPackage("s3://bucket/m.mlpkg"));

        Assert.Contains("Expected a path of this machine's file system for the model package, but found 's3://bucket/m.mlpkg'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nulls_OfOptions_AreThoseOfTheCommand()
    {
        var nulls = new NullOptions { Policy = NullPolicy.Error };
        nulls.Features["fare"] = new FeatureNullOptions { Policy = NullPolicy.Value, Value = "0" };

        var handling = new ScoreBinding(Described(), new() { Nulls = nulls }).Nulls();

        Assert.Equal(NullPolicyName.Error, handling.Policy);
        Assert.Equal(new FeatureNullHandling(NullPolicyName.Value, "0"), handling.Features["fare"]);
        Assert.Equal(NullPolicyName.Propagate, new ScoreBinding(Described(), new() { PropagateNulls = true }).Nulls().Policy);
    }

    [Theory]
    [InlineData(NullPolicy.Value, null, "Expected a value for feature 'fare' with policy Value and with no other in SparkScoreOptions.Nulls, but found none (model 'trips' version 3).")]
    [InlineData(NullPolicy.Error, "0", "Expected a value for feature 'fare' with policy Value and with no other in SparkScoreOptions.Nulls, but found '0' with Error (model 'trips' version 3).")]
    [InlineData(NullPolicy.Value, "abc", "Expected a value of type Float32 to stand for null of feature 'fare' of type Float32, but found 'abc' in SparkScoreOptions.Nulls:Features:fare:Value (model 'trips' version 3).")]
    public void Bind_PolicyOfOneFeatureThatDoesNotFit_IsRefused(NullPolicy policy, string? value, string expected)
    {
        var nulls = new NullOptions();
        nulls.Features["fare"] = new FeatureNullOptions { Policy = policy, Value = value };

        var error = Assert.Throws<ArgumentException>(() => Bind(Described(), new() { Nulls = nulls }, Columns));

        Assert.Equal(expected, error.Message);
    }

    [Theory]
    [InlineData(NullPolicy.Value, false, "Expected a policy for all features in SparkScoreOptions.Nulls, but found Value, which belongs to one (model 'trips' version 3).")]
    [InlineData(NullPolicy.Error, true, "Expected no policy for all features beside PropagateNulls in SparkScoreOptions.Nulls, but found Error (model 'trips' version 3).")]
    [InlineData(NullPolicy.Error, false, null)]
    [InlineData(NullPolicy.NaN, false, null)]
    [InlineData(NullPolicy.Automatic, true, null)]
    public void Bind_PolicyOfAllFeatures_IsRefusedWhereItDoesNotFit(NullPolicy policy, bool propagate, string? expected)
    {
        var options = new SparkScoreOptions { Nulls = new NullOptions { Policy = policy }, PropagateNulls = propagate };

        Assert.Equal(expected, Record.Exception(() => Bind(Described(), options, Columns))?.Message);
        Assert.Equal(expected, Record.Exception(() => new ScoreBinding(Described(), options).BindArguments(null, null))?.Message);
    }

    [Fact]
    public void Nulls_ValueWithoutAPolicy_IsAValueAsInThisProcess()
    {
        var nulls = new NullOptions();
        nulls.Features["fare"] = new FeatureNullOptions { Value = "0" };

        Assert.Equal(new FeatureNullHandling(NullPolicyName.Value, "0"), new ScoreBinding(Described(), new() { Nulls = nulls }).Nulls().Features["fare"]);
    }

    [Fact]
    public void Outputs_OfOptions_AreThoseOfThisProcess()
    {
        var options = new SparkScoreOptions { IncludeClass = true, IncludeLabel = true, Probabilities = Mlp.Runtime.Scoring.ClassProbabilities.Columns, Prefix = "new_" };

        var outputs = ScoreOutputs.Of(Described() with { Output = new() { Task = ModelTask.BinaryClassification, ScoreOutput = "y", ClassNames = ["low", "high"] } }, options);

        Assert.Equal(["new_score", "new_predicted_class", "new_probability_low", "new_probability_high", "new_predicted_label"], outputs.Select(o => o.Name));
        Assert.Equal(["double", "int", "double", "double", "string"], outputs.Select(o => o.Type));
        Assert.Throws<ArgumentException>(() => ScoreOutputs.Of(Described(), options));
    }

    [Theory]
    [InlineData("org.apache.spark.ml.linalg.VectorUDT")]
    [InlineData("org.apache.spark.mllib.linalg.VectorUDT")]
    public void Bind_VectorAsTheJvmDeclaresIt_FillsTheMatrix(string type)
    {
        var field = new DataType.Types.StructField { Name = "x", DataType = new() { Udt = new() { Type = "udt", JvmClass = type } }, Nullable = true };

        var inputs = new ScoreBinding(Matrix(), new() { RoundToFloat32 = true }).Bind([SparkTypes.ToColumn(field)]);

        Assert.Equal("x", Assert.Single(inputs).Column);
        field.DataType.Udt.JvmClass = "org.apache.spark.ml.linalg.MatrixUDT";
        Assert.Throws<NotSupportedException>(() => SparkTypes.ToSchema(new() { Struct = new() { Fields = { field } } }));
    }

    [Theory]
    [InlineData("s3://bucket/model.mlpkg", "does not read s3://")]
    [InlineData("abfss://c@a.dfs.core.windows.net/m.mlpkg", "does not read abfss://")]
    [InlineData("hdfs://name/m.mlpkg", "does not read hdfs://")]
    [InlineData("models/m.mlpkg", "Expected an absolute path")]
    public void FromPackage_PathThatExecutorsCannotOpen_IsRefused(string path, string expected)
    {
        var error = Assert.Throws<ArgumentException>(() => SparkModel.FromPackage("m.mlpkg", path));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<InputColumn> Bind(ModelManifest manifest, SparkScoreOptions options, params (string Name, IArrowType Type)[] columns)
        => new ScoreBinding(manifest, options).Bind([.. columns.Select(c => Column(c.Name, c.Type))]);

    private static TableColumn Column(string name, IArrowType type) => new(name, type, ColumnFit.Describe(type));

    private static ModelManifest Described() => TestManifest.Of("trips", 3) with
    {
        Signature = new ModelSignature(
            [new TensorSpecification("float32", TensorElementKind.Float32, [-1, 2]), new TensorSpecification("string", TensorElementKind.String, [-1, 1])],
            [new TensorSpecification("y", TensorElementKind.Float32, [-1, 1])]),
        Features = [new FeatureColumn("fare", FeatureType.Float32), new FeatureColumn("miles", FeatureType.Float32), new FeatureColumn("company", FeatureType.String)],
    };

    private static ModelManifest Matrix() => TestManifest.Of("trips", 3) with
    {
        Signature = new ModelSignature([new TensorSpecification("x", TensorElementKind.Float32, [-1, 3])], [new TensorSpecification("y", TensorElementKind.Float32, [-1, 1])]),
    };
}
