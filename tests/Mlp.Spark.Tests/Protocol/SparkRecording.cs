using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Protocol;

/// <summary>One recorded task: what Spark sent, what the reference worker answered, and the list of its fields.</summary>
public sealed partial class SparkRecording
{
    /// <summary>Where the recordings lie.</summary>
    public const string Folder = "golden/spark";

    private const string KindField = "eval type";

    private SparkRecording(string version, string name, string path)
    {
        Version = version;
        Name = name;
        Input = File.ReadAllBytes(path + ".in.bin");
        Output = File.ReadAllBytes(path + ".out.bin");
        Fields = [.. File.ReadLines(path + ".fields.txt").TakeWhile(line => line != "reply").Select(line => FieldLine().Match(line)).Where(m => m.Success)
            .Select(m => new RecordedField(int.Parse(m.Groups[1].Value, null), m.Groups[2].Value, m.Groups[3].Value.Trim(), m.Groups[4].Value))];
    }

    private SparkRecording(SparkRecording recording, int kind)
    {
        (Version, Name, Output) = (recording.Version, recording.Name, recording.Output);
        Input = (byte[])recording.Input.Clone();
        BinaryPrimitives.WriteInt32BigEndian(Input.AsSpan(recording.Fields.Single(f => f.Name == KindField).Offset), kind);
        Fields = [.. recording.Fields.Select(f => f.Name == KindField ? f with { Value = kind.ToString(CultureInfo.InvariantCulture) } : f)];
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

    /// <summary>Versions and names of recordings, and the kinds of function of the same form that their versions have: what differs is the number of the kind alone.</summary>
    public static TheoryData<string, string, int> OtherKinds()
    {
        var all = new TheoryData<string, string, int>();
        foreach (var version in (string[])["3.5.9", "4.0.5", "4.1.4", "4.2.1", "4.3.0"])
        {
            all.Add(version, "map-in-arrow", 205);
            foreach (var kind in ScalarKinds(version)[1..])
            {
                all.Add(version, "scalar-two-udfs", kind);
            }
        }

        return all;
    }

    /// <summary>Versions that name arguments, and their kinds of scalar functions.</summary>
    public static TheoryData<string, int> NamingKinds()
    {
        var all = new TheoryData<string, int>();
        foreach (var version in (string[])["4.0.5", "4.1.4", "4.2.1", "4.3.0"])
        {
            foreach (var kind in ScalarKinds(version))
            {
                all.Add(version, kind);
            }
        }

        return all;
    }

    /// <summary>Reads a recording.</summary>
    public static SparkRecording Load(string version, string name) => new(version, name, Path.Combine(ReferenceData.Find(Folder)!, version, name));

    /// <summary>The recording with another kind of function, and else byte for byte.</summary>
    /// <param name="kind">Spark's number of the kind.</param>
    public SparkRecording As(int kind) => new(this, kind);

    /// <summary>The values of the fields of a name, in order.</summary>
    public IReadOnlyList<string> ValuesOf(string name) => [.. Fields.Where(f => f.Name == name).Select(f => f.Value)];

    /// <summary>The kind of the recordings, then others. Those of Arrow came with 4.1.</summary>
    private static int[] ScalarKinds(string version) => version is "3.5.9" or "4.0.5" ? [200, 204] : [200, 204, 250, 251];

    [GeneratedRegex("^ *([0-9]+) (int|long|bool|str|bytes|arrow) +([^=]+?)(?: = (.*))?$")]
    private static partial Regex FieldLine();
}
