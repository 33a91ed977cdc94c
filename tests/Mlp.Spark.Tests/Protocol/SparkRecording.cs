using System.Text.RegularExpressions;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Protocol;

/// <summary>One recorded task: what Spark sent, what the reference worker answered, and the list of its fields.</summary>
public sealed partial class SparkRecording
{
    /// <summary>Where the recordings lie.</summary>
    public const string Folder = "golden/spark";

    private SparkRecording(string version, string name, string path)
    {
        Version = version;
        Name = name;
        Input = File.ReadAllBytes(path + ".in.bin");
        Output = File.ReadAllBytes(path + ".out.bin");
        Fields = [.. File.ReadLines(path + ".fields.txt").TakeWhile(line => line != "reply").Select(line => FieldLine().Match(line)).Where(m => m.Success)
            .Select(m => new RecordedField(int.Parse(m.Groups[1].Value, null), m.Groups[2].Value, m.Groups[3].Value.Trim(), m.Groups[4].Value))];
    }

    /// <summary>Version of Spark.</summary>
    public string Version { get; }

    /// <summary>Name of the case.</summary>
    public string Name { get; }

    /// <summary>What Spark sent.</summary>
    public byte[] Input { get; }

    /// <summary>What the reference worker answered.</summary>
    public byte[] Output { get; }

    /// <summary>The fields of the input.</summary>
    public IReadOnlyList<RecordedField> Fields { get; }

    /// <summary>Versions and names of all recordings; one that there is not where there are none, since a theory needs rows.</summary>
    public static TheoryData<string, string> All()
    {
        var all = new TheoryData<string, string>();
        var root = ReferenceData.Find(Folder);
        string[] paths = root is null ? ["none/none.in.bin"] : Directory.GetFiles(root, "*.in.bin", SearchOption.AllDirectories);
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            all.Add(Path.GetFileName(Path.GetDirectoryName(path))!, Path.GetFileName(path)[..^".in.bin".Length]);
        }

        return all;
    }

    /// <summary>Reads a recording.</summary>
    public static SparkRecording Load(string version, string name) => new(version, name, Path.Combine(ReferenceData.Find(Folder)!, version, name));

    /// <summary>The values of the fields of a name, in order.</summary>
    public IReadOnlyList<string> ValuesOf(string name) => [.. Fields.Where(f => f.Name == name).Select(f => f.Value)];

    [GeneratedRegex("^ *([0-9]+) (int|long|bool|str|bytes|arrow) +([^=]+?)(?: = (.*))?$")]
    private static partial Regex FieldLine();
}
