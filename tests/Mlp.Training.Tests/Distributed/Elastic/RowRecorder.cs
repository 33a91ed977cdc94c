using Mlp.Training.Distributed.Elastic;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Tests.Distributed.Elastic;

/// <summary>Writes down which rows one replica has trained in which step, and strikes out the steps that were taken back.</summary>
internal sealed class RowRecorder : INetworkCallback
{
    private readonly List<float> _pending = [];
    private readonly List<(int Epoch, long Step, float Row)> _rows = [];

    /// <summary>Rows by the first feature, which tells them apart.</summary>
    public IReadOnlyList<(int Epoch, long Step, float Row)> Rows => _rows;

    /// <summary>From which steps training went on after a change.</summary>
    public List<(ElasticChange Change, long Step)> Changes { get; } = [];

    /// <summary>A layer that lets everything pass.</summary>
    public LayerDefinition Layer() => Mlp.Training.Networks.Layers.Layer.UserModule("Recorder", () => new Passage(this));

    public void StepEnded(in NetworkStep step, NetworkTrainingControl control)
    {
        foreach (var row in _pending)
        {
            _rows.Add((step.Epoch, step.Step, row));
        }

        _pending.Clear();
    }

    public void ReplicasChanged(ElasticChange change, long step)
    {
        Changes.Add((change, step));
        StrikeOut(step);
    }

    /// <summary>Takes back what came after a step.</summary>
    public void StrikeOut(long step)
    {
        _pending.Clear();
        _rows.RemoveAll(r => r.Step > step);
    }

    private sealed class Passage(RowRecorder recorder) : IUserModule
    {
        public TensorShape InferShape(TensorShape input) => input;

        public IReadOnlyList<UserWeight> Weights(TensorShape input) => [];

        public void Build(TensorShape input, IReadOnlyDictionary<string, Tensor> weights)
        {
        }

        public Tensor Forward(Tensor input, bool isTraining)
        {
            if (isTraining)
            {
                var values = FlatParameters.Floats(input.contiguous());
                var width = (int)input.shape[1];
                for (var i = 0; i < values.Length; i += width)
                {
                    recorder._pending.Add(values[i]);
                }
            }

            return input.mul(1);
        }

        public void Dispose()
        {
        }
    }
}
