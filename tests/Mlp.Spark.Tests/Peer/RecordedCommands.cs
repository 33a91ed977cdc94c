using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Protocol;

namespace Mlp.Spark.Tests.Peer;

/// <summary>Recorded tasks whose commands are ours: nothing else of them changes but the length of a frame.</summary>
internal static class RecordedCommands
{
    private const int FrameHeader = 8;

    /// <summary>The assembly of test methods as a user ships it.</summary>
    public static FileReference Assembly { get; } = Reference(Path.Combine(AppContext.BaseDirectory, "functions", "Mlp.Spark.TestFunctions.dll"));

    /// <summary>A file by path and hash.</summary>
    public static FileReference Reference(string path) => new(path, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));

    /// <summary>A command that calls a test method.</summary>
    public static MethodCommand Call(string method, params ResultColumn[] outputs)
    {
        var dot = method.IndexOf('.', StringComparison.Ordinal);
        return new MethodCommand { Method = new MethodReference(Assembly, "Mlp.Spark.TestFunctions." + method[..dot], method[(dot + 1)..]), Outputs = outputs.Length == 0 ? null : outputs };
    }

    /// <summary>Our commands for a recorded case.</summary>
    public static WorkerCommand[] For(string name) => name switch
    {
        "map-in-arrow" => [Call("Recorded.Score", new ResultColumn("id", "bigint"), new ResultColumn("score", "double"))],
        "map-in-arrow-empty-partition" => [Call("Recorded.Score")],
        "map-in-arrow-types" => [Call("Recorded.Echo")],
        "scalar-two-udfs" => [Call("Recorded.Linear", new ResultColumn("x", "double")), Call("Recorded.Product")],
        "scalar-chained" => [Call("Recorded.EchoColumn"), Call("Recorded.EchoColumn")],
        "scalar-named-arguments" => [Call("Recorded.Product")],
        "grouped-map-201" or "grouped-map-209" => [Call("Recorded.Count")],
        _ => throw new ArgumentException($"No command for '{name}'.", nameof(name)),
    };

    /// <summary>The task of a recording with other commands, in order.</summary>
    public static byte[] Rewrite(SparkRecording recording, params WorkerCommand[] commands) => Rewrite(recording, [.. commands.Select(CommandReader.Write)]);

    /// <summary>The task of a recording with other commands, in order.</summary>
    public static byte[] Rewrite(SparkRecording recording, byte[][] commands)
    {
        var offsets = recording.Fields.Where(f => f.Name == "command").Select(f => f.Offset).ToArray();
        Assert.Equal(offsets.Length, commands.Length);
        var task = new MemoryStream();
        var taken = 0;
        for (var i = 0; i < offsets.Length; i++)
        {
            task.Write(recording.Input.AsSpan(taken, offsets[i] - taken));
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, commands[i].Length);
            task.Write(length);
            task.Write(commands[i]);
            taken = offsets[i] + 4 + BinaryPrimitives.ReadInt32BigEndian(recording.Input.AsSpan(offsets[i]));
        }

        task.Write(recording.Input.AsSpan(taken));
        var bytes = task.ToArray();
        if (recording.Version.StartsWith("4.3", StringComparison.Ordinal))
        {
            var frame = bytes.AsSpan(FrameHeader - 4, 4);
            BinaryPrimitives.WriteInt32BigEndian(frame, BinaryPrimitives.ReadInt32BigEndian(frame) + bytes.Length - recording.Input.Length);
        }

        return bytes;
    }
}
