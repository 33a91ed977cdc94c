using System.Text;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Tests.Commands;

public class CommandReaderTests
{
    private static readonly string Hash = new('a', 64);

    private static readonly MethodReference Method = new(new FileReference("lib/My.dll", Hash), "My.Type", "Compute");

    [Fact]
    public void Read_ScoreCommandThatWasWritten_IsTheSame()
    {
        var command = new ScoreCommand
        {
            Model = new FileReference("big-tipper.mlpkg", Hash),
            Inputs = [new InputColumn("x", "a", Round: true), new InputColumn("y")],
            Transforms = [new TransformReference { Method = Method, View = "trip", Version = 2, Fingerprint = Hash, GoldenRows = new FileReference("golden.json", Hash) }],
            Outputs = [new OutputColumn("p", "double", "score"), new OutputColumn("predicted_class", "int")],
            Keep = ["id"],
            Nulls = new NullHandling
            {
                Policy = NullPolicyName.NaN,
                Features = new Dictionary<string, FeatureNullHandling> { ["y"] = new(NullPolicyName.Value, "0") },
            },
            Options = new ScoreOptions { OnnxRuntimeOnly = true },
        };

        var read = Assert.IsType<ScoreCommand>(CommandReader.Read(CommandReader.Write(command)));

        Assert.Equal(Encoding.UTF8.GetString(CommandReader.Write(command)), Encoding.UTF8.GetString(CommandReader.Write(read)));
        Assert.Equal(command.Model, read.Model);
        Assert.Equal(command.Inputs, read.Inputs);
        Assert.Equal(command.Transforms, read.Transforms);
        Assert.Equal(command.Outputs, read.Outputs);
        Assert.Equal(command.Keep, read.Keep);
        Assert.Equal(command.Nulls.Features, read.Nulls.Features);
        Assert.True(read.Options.OnnxRuntimeOnly);
    }

    [Fact]
    public void Read_ScoreCommandWithTheLeastProperties_HasTheDefaults()
    {
        var json = $$"""{"v":1,"kind":"score","model":{"path":"/m.mlpkg","sha256":"{{Hash}}"},"outputs":[{"name":"score","type":"double"}]}""";

        var read = Assert.IsType<ScoreCommand>(CommandReader.Read(Encoding.UTF8.GetBytes(json)));

        Assert.Empty(read.Inputs);
        Assert.Empty(read.Transforms);
        Assert.Empty(read.Keep);
        Assert.Equal(NullPolicyName.Automatic, read.Nulls.Policy);
        Assert.Empty(read.Nulls.Features);
        Assert.False(read.Options.OnnxRuntimeOnly);
        Assert.Null(read.Outputs[0].Value);
    }

    [Fact]
    public void Read_MethodAndOnDemandCommands_AreWhatWasWritten()
    {
        var method = new MethodCommand { Method = Method, Outputs = [new ResultColumn("n", "bigint")] };
        var transform = new OnDemandCommand { Transform = new TransformReference { Method = Method, View = "trip", Version = 1, Fingerprint = Hash }, Keep = ["id"] };

        var readMethod = Assert.IsType<MethodCommand>(CommandReader.Read(CommandReader.Write(method)));
        var readTransform = Assert.IsType<OnDemandCommand>(CommandReader.Read(CommandReader.Write(transform)));

        Assert.Equal(method.Method, readMethod.Method);
        Assert.Equal(method.Outputs, readMethod.Outputs);
        Assert.Equal(transform.Transform, readTransform.Transform);
        Assert.Null(readTransform.Features);
        Assert.Equal(["id"], readTransform.Keep);
    }

    [Theory]
    [InlineData("{\"v\": 1, \"kind\": \"map\"}", "but found kind \"map\"")]
    [InlineData("{\"mode\": \"echo\"}", "but found none with a number \"v\"")]
    [InlineData("{\"v\": 2, \"kind\": \"score\"}", "found version 2")]
    [InlineData("[]", "JSON of kind Array")]
    [InlineData("", "another thing")]
    [InlineData("\u0080\u0004\u0095", "another thing")]
    [InlineData("{\"v\":1,\"kind\":\"method\"}", "missing required properties including: 'method'")]
    public void Read_NoCommand_IsRefusedWithASentence(string json, string found)
    {
        var error = Assert.Throws<CommandException>(() => CommandReader.Read(Encoding.UTF8.GetBytes(json)));

        Assert.StartsWith("Expected a command", error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"kind\":\"method\"", "\"kind\":\"method\",\"kind\":\"method\"")]
    [InlineData("\"name\":\"Compute\"", "\"name\":\"Other\",\"name\":\"Compute\"")]
    public void Read_PropertyTwice_IsRefusedWithASentence(string part, string replacement)
    {
        var json = Encoding.UTF8.GetString(CommandReader.Write(new MethodCommand { Method = Method }));
        Assert.Contains(part, json, StringComparison.Ordinal);

        var error = Assert.Throws<CommandException>(() => CommandReader.Read(Encoding.UTF8.GetBytes(json.Replace(part, replacement, StringComparison.Ordinal))));

        Assert.StartsWith("Expected a command of Mlp", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"v\":1,\"kind\":\"\u00ff\"}")]
    [InlineData("{\"v\":1,\"kind\":\"\\ud800\"}")]
    [InlineData("{\"v\":1,\"\u00ff\":\"method\"}")]
    [InlineData("{\"v\":1,\"kind\":\"method\",\"method\":{\"assembly\":{\"path\":\"\u00ff\",\"sha256\":\"\"},\"type\":\"t\",\"name\":\"\\udc00\"}}")]
    public void Read_TextThatIsNoUnicode_IsRefusedWithASentence(string json)
    {
        var error = Assert.Throws<CommandException>(() => CommandReader.Read(Encoding.Latin1.GetBytes(json)));

        Assert.StartsWith("Expected a command of Mlp", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"sha256\":\"HASH\"", "\"sha256\":\"AB\"", "SHA-256")]
    [InlineData("\"type\":\"double\"", "\"type\":\"decimal(50,2)\"", "a type of Spark for column 'score' in 'outputs'")]
    [InlineData("\"keep\":[\"id\"]", "\"keep\":[\"id\",\"id\"]", "'id' twice")]
    [InlineData("\"keep\":[\"id\"]", "\"keep\":[\"score\"]", "found 'score' in both")]
    [InlineData("\"keep\":[\"id\"]", "\"keep\":[null]", "found none")]
    [InlineData("\"keep\":[\"id\"]", "\"kept\":[\"id\"]", "'kept'")]
    [InlineData("\"keep\":[\"id\"]", "\"nulls\":{\"policy\":\"value\"}", "'value', which belongs to one")]
    [InlineData("\"keep\":[\"id\"]", "\"nulls\":{\"features\":{\"x\":{\"policy\":\"value\"}}}", "found none")]
    [InlineData("\"keep\":[\"id\"]", "\"nulls\":{\"features\":{\"x\":{\"policy\":\"propagate\"}}}", "whole rows")]
    [InlineData("\"outputs\":[{\"name\":\"score\",\"type\":\"double\"}]", "\"outputs\":[]", "at least one entry in 'outputs'")]
    [InlineData("\"outputs\":[{\"name\":\"score\",\"type\":\"double\"}]", "\"outputs\":[null]", "a name in each entry of 'outputs'")]
    public void Read_CommandThatIsNotWhole_SaysWhat(string part, string replacement, string expected)
    {
        var json = $$"""{"v":1,"kind":"score","model":{"path":"/m.mlpkg","sha256":"HASH"},"outputs":[{"name":"score","type":"double"}],"keep":["id"]}""";
        Assert.Contains(part, json, StringComparison.Ordinal);
        var broken = json.Replace(part, replacement, StringComparison.Ordinal).Replace("HASH", Hash, StringComparison.Ordinal);

        var error = Assert.Throws<CommandException>(() => CommandReader.Read(Encoding.UTF8.GetBytes(broken)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CommandThatCarriesAModel_IsRefusedByItsLength()
    {
        var error = Assert.Throws<CommandException>(() => CommandReader.Read(new byte[CommandReader.MaximumLength + 1]));

        Assert.Contains("1048576 bytes", error.Message, StringComparison.Ordinal);
    }
}
