namespace Mlp.Benchmarks.Training.Distributed.Scaling;

/// <summary>
/// The three networks of Horovod's benchmark, layer by layer: VGG-16 (Simonyan and Zisserman 2014, column D), ResNet-101 (He et al. 2015, table 1) and Inception V3 (Szegedy et al. 2015, without the auxiliary head).
/// </summary>
internal static class PublishedNetworks
{
    private const string TensorFlowPage = "TensorFlow's benchmark page of May 2017, one P100, synthetic data";
    private const string HorovodPage = "Horovod's benchmark page: 1,656.82 on 16 GPUs";

    /// <summary>The networks.</summary>
    public static IReadOnlyList<PublishedNetwork> All { get; } =
    [
        new("ResNet-101", 1656.82 / 16, HorovodPage, 0.90, ResNet101()),
        new("Inception V3", 142, TensorFlowPage, 0.90, InceptionV3()),
        new("VGG-16", 154, TensorFlowPage, 0.68, Vgg16()),
    ];

    private static IReadOnlyList<(long ByteCount, double Multiplications)> Vgg16()
    {
        var layers = new LayerList(isNormalized: false);
        var channels = 3;
        foreach (var (width, count, size) in new[] { (64, 2, 224), (128, 2, 112), (256, 3, 56), (512, 3, 28), (512, 3, 14) })
        {
            for (var i = 0; i < count; i++)
            {
                channels = layers.Convolution(3, 3, channels, width, size);
            }
        }

        layers.Linear(512 * 7 * 7, 4096);
        layers.Linear(4096, 4096);
        layers.Linear(4096, 1000);
        return layers.All;
    }

    private static IReadOnlyList<(long ByteCount, double Multiplications)> ResNet101()
    {
        var layers = new LayerList(isNormalized: true);
        var channels = layers.Convolution(7, 7, 3, 64, 112);
        foreach (var (width, count, size) in new[] { (64, 3, 56), (128, 4, 28), (256, 23, 14), (512, 3, 7) })
        {
            for (var block = 0; block < count; block++)
            {
                // The first 1x1 of a stage still sees the size of the stage before, but for the first stage.
                layers.Convolution(1, 1, channels, width, block == 0 && width > 64 ? 2 * size : size);
                layers.Convolution(3, 3, width, width, size);
                layers.Convolution(1, 1, width, 4 * width, size);
                if (block == 0)
                {
                    layers.Convolution(1, 1, channels, 4 * width, size);
                }

                channels = 4 * width;
            }
        }

        layers.Linear(2048, 1000);
        return layers.All;
    }

    private static IReadOnlyList<(long ByteCount, double Multiplications)> InceptionV3()
    {
        var layers = new LayerList(isNormalized: true);
        layers.Convolution(3, 3, 3, 32, 149);
        layers.Convolution(3, 3, 32, 32, 147);
        layers.Convolution(3, 3, 32, 64, 147);
        layers.Convolution(1, 1, 64, 80, 73);
        layers.Convolution(3, 3, 80, 192, 71);
        foreach (var (channels, pool) in new[] { (192, 32), (256, 64), (288, 64) })
        {
            layers.Convolution(1, 1, channels, 64, 35);
            layers.Convolution(5, 5, layers.Convolution(1, 1, channels, 48, 35), 64, 35);
            layers.Convolution(3, 3, layers.Convolution(3, 3, layers.Convolution(1, 1, channels, 64, 35), 96, 35), 96, 35);
            layers.Convolution(1, 1, channels, pool, 35);
        }

        layers.Convolution(3, 3, 288, 384, 17);
        layers.Convolution(3, 3, layers.Convolution(3, 3, layers.Convolution(1, 1, 288, 64, 35), 96, 35), 96, 17);
        foreach (var inner in new[] { 128, 160, 160, 192 })
        {
            layers.Convolution(1, 1, 768, 192, 17);
            layers.Convolution(7, 1, layers.Convolution(1, 7, layers.Convolution(1, 1, 768, inner, 17), inner, 17), 192, 17);
            var once = layers.Convolution(1, 7, layers.Convolution(7, 1, layers.Convolution(1, 1, 768, inner, 17), inner, 17), inner, 17);
            layers.Convolution(1, 7, layers.Convolution(7, 1, once, inner, 17), 192, 17);
            layers.Convolution(1, 1, 768, 192, 17);
        }

        layers.Convolution(3, 3, layers.Convolution(1, 1, 768, 192, 17), 320, 8);
        layers.Convolution(3, 3, layers.Convolution(7, 1, layers.Convolution(1, 7, layers.Convolution(1, 1, 768, 192, 17), 192, 17), 192, 17), 192, 8);
        foreach (var channels in new[] { 1280, 2048 })
        {
            layers.Convolution(1, 1, channels, 320, 8);
            layers.Convolution(1, 1, channels, 384, 8);
            layers.Convolution(1, 3, 384, 384, 8);
            layers.Convolution(3, 1, 384, 384, 8);
            layers.Convolution(3, 3, layers.Convolution(1, 1, channels, 448, 8), 384, 8);
            layers.Convolution(1, 3, 384, 384, 8);
            layers.Convolution(3, 1, 384, 384, 8);
            layers.Convolution(1, 1, channels, 192, 8);
        }

        layers.Linear(2048, 1000);
        return layers.All;
    }

    /// <summary>Counts the numbers and multiplications of layers. A convolution has a scale and a shift for each channel, or a bias.</summary>
    private sealed class LayerList(bool isNormalized)
    {
        private readonly List<(long, double)> _layers = [];

        public IReadOnlyList<(long ByteCount, double Multiplications)> All => _layers;

        /// <summary>Adds a convolution whose outcome is square, and says how many channels that has.</summary>
        public int Convolution(int height, int width, int channels, int filters, int size)
        {
            var weights = (long)height * width * channels * filters;
            _layers.Add(((weights + ((isNormalized ? 2 : 1) * filters)) * sizeof(float), (double)weights * size * size));
            return filters;
        }

        public void Linear(int inputs, int outputs) => _layers.Add(((((long)inputs * outputs) + outputs) * sizeof(float), (double)inputs * outputs));
    }
}
