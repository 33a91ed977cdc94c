using System.Runtime.InteropServices;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Daemon;

/// <summary>The process: it reads how it was started, and ends when Spark says so.</summary>
internal static class WorkerProgram
{
    private const int Refused = 2;

    /// <summary>Runs until the end.</summary>
    /// <param name="arguments">The command line.</param>
    /// <returns>The exit code: 0, or 2 where it was started in a way that it does not know.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var log = new WorkerLog(Console.Error, Environment.GetEnvironmentVariable(WorkerLog.Variable) == "debug", TimeProvider.System);
        if (!WorkerArguments.TryRead(arguments, out var mode, out var problem)
            || !WorkerEnvironment.TryRead(mode, Environment.GetEnvironmentVariable, out var environment, out problem))
        {
            log.Write(problem);
            return Refused;
        }

        WorkerEnvironment.Forget();
        using var functions = new TaskFunctions(TimeProvider.System, log);
        return mode == WorkerMode.Daemon ? RunDaemon(environment, functions, log) : RunSingle(environment, functions, log);
    }

    private static int RunDaemon(WorkerEnvironment environment, TaskFunctions functions, WorkerLog log)
    {
        using var ending = new ManualResetEventSlim();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var server = new DaemonServer(environment, functions, log);
        using (var output = Console.OpenStandardOutput())
        {
            server.Start(output);
        }

        log.WriteDetail("Waits for Spark.");

        // Spark keeps standard input open as long as the executor lives. It writes the ids of workers to kill, but closes their connections as well, and this process is all of them.
        new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            Drain(input);
            ending.Set();
        })
        { IsBackground = true, Name = "standard input" }.Start();
        ending.Wait();
        log.WriteDetail("Spark ends the worker.");
        return 0;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            ending.Set();
        }
    }

    private static int RunSingle(WorkerEnvironment environment, TaskFunctions functions, WorkerLog log)
    {
        using var socket = SparkSocket.Connect(environment);
        using var connection = new WorkerConnection(socket, environment, functions, log);
        connection.ServeSingle();
        return 0;
    }

    private static void Drain(Stream input)
    {
        Span<byte> buffer = stackalloc byte[64];
        try
        {
            while (input.Read(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // As good as its end.
        }
    }
}
