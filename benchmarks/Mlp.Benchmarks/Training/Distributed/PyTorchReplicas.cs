using System.Diagnostics;
using System.Globalization;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>The peer: PyTorch's DistributedDataParallel with Gloo, a process per replica, on the same network.</summary>
internal sealed class PyTorchReplicas : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly Process _process;
    private readonly int _count;

    private PyTorchReplicas(Process process, int count) => (_process, _count) = (process, count);

    /// <summary>Starts the processes.</summary>
    /// <param name="count">Replicas.</param>
    /// <param name="width">Inputs of the network.</param>
    /// <param name="units">Units of its hidden layers.</param>
    /// <returns>Null where there is no PyTorch.</returns>
    public static PyTorchReplicas? TryStart(int count, int width, int[] units)
    {
        if (!File.Exists(Python))
        {
            return null;
        }

        using (var probe = Process.Start(new ProcessStartInfo(Python, ["-c", "import torch"]) { RedirectStandardError = true })!)
        {
            probe.WaitForExit();
            if (probe.ExitCode != 0)
            {
                return null;
            }
        }

        var start = new ProcessStartInfo(
            Python,
            [
                Path.Combine(AppContext.BaseDirectory, "Training", "Distributed", "data_parallel_gloo.py"), count.ToString(CultureInfo.InvariantCulture),
                width.ToString(CultureInfo.InvariantCulture), string.Join(',', units), StepSubject.BatchRows.ToString(CultureInfo.InvariantCulture),
            ])
        { RedirectStandardInput = true, RedirectStandardOutput = true };
        return new(Process.Start(start)!, count);
    }

    /// <summary>The replicas with gradients averaged, or without.</summary>
    public IReplicaTeam Team(string name, bool isTogether) => new Way(this, name, isTogether ? "together" : "apart");

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private sealed class Way(PyTorchReplicas replicas, string name, string command) : IReplicaTeam
    {
        public string Name => name;

        public double Run(int steps)
        {
            replicas._process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{command} {steps}"));
            replicas._process.StandardInput.Flush();
            var answer = replicas._process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Expected PyTorch to train, but its processes have ended: see above.");
            return replicas._count * steps * StepSubject.BatchRows / double.Parse(answer, CultureInfo.InvariantCulture);
        }
    }
}
