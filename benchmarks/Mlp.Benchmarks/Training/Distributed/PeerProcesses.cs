using System.Diagnostics;
using System.Globalization;
using Mlp.TestSupport;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>Ranks that are processes of another library; they read commands and answer with microseconds.</summary>
internal sealed class PeerProcesses : IAllReduceWay
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mlp-allreduce-");
    private readonly List<Process> _processes = [];
    private readonly List<StreamWriter> _commands = [];

    private PeerProcesses(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Open MPI, compiled and started here; null where it is not installed.</summary>
    public static PeerProcesses? OpenMpi(int worldSize)
    {
        if (!File.Exists("/usr/bin/mpicc") || !File.Exists("/usr/bin/mpirun"))
        {
            return null;
        }

        var peer = new PeerProcesses("Open MPI, MPI_Allreduce");
        var program = Path.Combine(peer._folder.FullName, "peer");
        Complete("mpicc", "-O3", "-o", program, Path.Combine(AppContext.BaseDirectory, "Training", "Distributed", "allreduce_mpi.c"));
        peer.StartByMpi(worldSize, "mpirun", program);
        return peer;
    }

    /// <summary>Processes of this library whose values Open MPI moves; null where it is not installed.</summary>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="way">"mpi", or "mpi-unchecked" for calls that ranks do not compare first.</param>
    public static PeerProcesses? OwnMpi(int worldSize, string way)
    {
        const string Launcher = "/usr/bin/mpirun.openmpi";
        if (!File.Exists(Launcher))
        {
            return null;
        }

        var peer = new PeerProcesses($"processes, {way}");
        peer.StartByMpi(worldSize, Launcher, Environment.ProcessPath!, "exec", Path.Combine(AppContext.BaseDirectory, "Mlp.Benchmarks.dll"), "allreduce-rank", way);
        peer._processes[0].StandardOutput.ReadLine();
        return peer;
    }

    /// <summary>PyTorch's Gloo; null where it is not installed.</summary>
    public static PeerProcesses? Gloo(int worldSize)
    {
        if (!File.Exists("/usr/lib/python3/dist-packages/torch/__init__.py"))
        {
            return null;
        }

        var peer = new PeerProcesses("PyTorch, Gloo");
        for (var rank = 0; rank < worldSize; rank++)
        {
            var script = Path.Combine(AppContext.BaseDirectory, "Training", "Distributed", "allreduce_gloo.py");
            peer._commands.Add(peer.Start("/usr/bin/python3", [script, Invariant($"{rank}"), Invariant($"{worldSize}"), Path.Combine(peer._folder.FullName, "store")]).StandardInput);
        }

        peer._processes.ForEach(p => p.StandardOutput.ReadLine());
        return peer;
    }

    /// <summary>Processes of this library.</summary>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="way">"memory" for memory that they share; "sockets" for the loopback interface, each with all; "ring" or "halving-doubling" for the loopback interface in that way.</param>
    public static PeerProcesses Own(int worldSize, string way)
    {
        var peer = new PeerProcesses($"processes, {way}");
        var port = Invariant($"{LoopbackPorts.Take()}");
        for (var rank = 0; rank < worldSize; rank++)
        {
            // Each rank on a processor of its own, as mpirun does unasked.
            string[] bound = worldSize <= Environment.ProcessorCount && File.Exists("/usr/bin/taskset") ? ["/usr/bin/taskset", "-c", Invariant($"{rank}")] : [];
            string[] line = [.. bound, Environment.ProcessPath!, "exec", Path.Combine(AppContext.BaseDirectory, "Mlp.Benchmarks.dll"), "allreduce-rank", way];
            var start = new ProcessStartInfo(line[0], line[1..]);
            (start.Environment["RANK"], start.Environment["WORLD_SIZE"], start.Environment["LOCAL_WORLD_SIZE"], start.Environment["MASTER_PORT"])
                = (Invariant($"{rank}"), Invariant($"{worldSize}"), Invariant($"{worldSize}"), port);
            peer._commands.Add(peer.Start(start).StandardInput);
        }

        peer._processes.ForEach(p => p.StandardOutput.ReadLine());
        return peer;
    }

    /// <inheritdoc/>
    public double Measure(int byteCount, int calls, bool refill)
    {
        _commands.ForEach(c => c.WriteLine(Invariant($"{byteCount} {calls} {(refill ? 1 : 0)}")));
        _commands.ForEach(c => c.Flush());
        var answers = _processes.ConvertAll(p => p.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"Expected {Name} to answer, but it has ended."));
        return double.Parse(answers[0], CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Whoever reads the end of its commands ends.
        _commands.ForEach(c => c.Dispose());
        foreach (var process in _processes)
        {
            if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Complete(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"Expected '{program} {string.Join(' ', arguments)}' to succeed, but it ended with {process.ExitCode}.");
        }
    }

    /// <summary>mpirun gives its input to one rank alone, so each reads a pipe of its own, whose name is its last argument.</summary>
    private void StartByMpi(int worldSize, string launcher, params string[] program)
    {
        var pipe = Path.Combine(_folder.FullName, "commands");
        for (var rank = 0; rank < worldSize; rank++)
        {
            Complete("mkfifo", Invariant($"{pipe}.{rank}"));
        }

        string[] crowded = worldSize > Environment.ProcessorCount ? ["--oversubscribe"] : [];
        Start(launcher, ["--allow-run-as-root", .. crowded, "-np", Invariant($"{worldSize}"), .. program, pipe]);
        for (var rank = 0; rank < worldSize; rank++)
        {
            _commands.Add(new StreamWriter(Invariant($"{pipe}.{rank}")) { AutoFlush = true });
        }
    }

    private Process Start(string program, IEnumerable<string> arguments) => Start(new ProcessStartInfo(program, arguments));

    private Process Start(ProcessStartInfo start)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        var process = Process.Start(start)!;
        _processes.Add(process);
        return process;
    }
}
